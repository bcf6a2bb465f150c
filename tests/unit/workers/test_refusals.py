"""What a bucket's refusals are told as: the library's messages as they come, in short."""

import pytest

from workers.storage.refusals import is_away, words

PUT = "Generic S3 error: Error performing PUT http://127.0.0.1:9/press/a in 490.256203ms"
XML = '<?xml version="1.0" encoding="utf-8"?>\n<Error><Code>{}</Code><Message>no</Message></Error>'
DEBUG = '\n\nDebug source:\nGeneric {\n    store: "S3",\n    source: RetryError('


def _answered(status: str, code: str) -> str:
    body = XML.format(code) if code else ""
    return f"{PUT} - Server returned non-2xx status code: {status}: {body}{DEBUG}"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (_answered("404 Not Found", "NoSuchBucket"), "there is no such bucket; make it"),
        (_answered("403 Forbidden", "SignatureDoesNotMatch"), "the secret does not fit the key; see"),
        (_answered("403 Forbidden", "Unheard"), "these keys may not; see AWS_ACCESS_KEY_ID"),
        (_answered("403 Forbidden", ""), "these keys may not; see AWS_ACCESS_KEY_ID"),
        (_answered("400 Bad Request", "AuthorizationHeaderMalformed"), "another region; see AWS_REGION"),
        (_answered("503 Slow Down", "SlowDown"), "http://127.0.0.1:9 answers 503 SlowDown, again"),
        (_answered("500 Oops", ""), "http://127.0.0.1:9 answers 500, again and again"),
        (
            f"{PUT}, after 3 retries, max_retries: 3, retry_timeout: 15s  - HTTP error: error sending request{DEBUG}",
            "http://127.0.0.1:9 does not answer; see the network, and AWS_ENDPOINT_URL",
        ),
        (f"{PUT} - HTTP error: builder error{DEBUG}", "without TLS; set AWS_ALLOW_HTTP=true"),
        (
            _answered("403 Forbidden", "").replace("127.0.0.1:9/press/a", "169.254.169.254/latest/api/token"),
            "there are no keys; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY have to be in the environment",
        ),
        (
            'Encountered object with invalid path: Path "desk/documents//x" contained empty path segment',
            "desk/documents//x is no name that can be listed; remove it, or have COPYDESK_STORE name",
        ),
        ("Generic S3 error: Missing AccessKeyId", "half of the keys is missing, the AccessKeyId; AWS_ACCESS"),
        (f"Generic GCS error: something else{DEBUG}", "Generic GCS error: something else"),
        ("x" * 1000, "x" * 300 + "…"),
    ],
)  # fmt: skip
def test_a_refusal_in_short(message: str, said: str) -> None:
    told = words(message)
    assert said in told
    assert len(told) <= 301
    assert "\n" not in told


@pytest.mark.parametrize(
    ("message", "it_is"),
    [
        (_answered("503 Slow Down", "SlowDown"), True),
        (_answered("429 Too Many Requests", ""), True),
        (f"{PUT}, after 3 retries - HTTP error: error sending request{DEBUG}", True),
        (_answered("404 Not Found", "NoSuchBucket"), False),
        (_answered("501 Not Implemented", "NotImplemented"), False),
        (_answered("403 Forbidden", ""), False),
        (f"{PUT} - HTTP error: builder error{DEBUG}", False),
        (f"{PUT.replace('127.0.0.1:9', '169.254.169.254')} - HTTP error: error sending request", False),
        (f"Generic GCS error: something else{DEBUG}", False),
    ],
)  # fmt: skip
def test_who_is_away_comes_back_and_no_setting_is_wrong(message: str, it_is: bool) -> None:
    assert is_away(message) == it_is
