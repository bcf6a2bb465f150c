"""What is posted is signed as Standard Webhooks has it."""

import base64

import pytest

from workers.webhook.signing import secrets_in, signature

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_signature_of_the_specification_s_example() -> None:
    told = signature(
        secrets_in(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_several_secrets_sign_each() -> None:
    other = "whsec_" + base64.b64encode(b"o" * 32).decode()
    both = signature(secrets_in(f"{SECRET}\n{other}\n"), "m", 1, b"{}").split()
    assert both == [signature(secrets_in(one), "m", 1, b"{}") for one in (SECRET, other)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("\n", "empty"),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "begins with whsec_"),
        ("whsec_", "this one has 0"),
        ("whsec_MfKQ", "this one has 3"),
        ("whsec_" + base64.b64encode(bytes(65)).decode(), "this one has 65"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "not base64"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2L-_aSw", "not base64"),
        ("whsec_café", "not base64"),
    ],
)
def test_what_is_no_secret_is_told_and_not_shown(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as caught:
        secrets_in(text)
    assert "MfKQ" not in str(caught.value)
