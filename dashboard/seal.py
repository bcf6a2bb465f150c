"""What proves that a request comes from who was let in, and from a page of ours: signed with a key. Pure."""

import hmac
from dataclasses import dataclass, field
from hashlib import sha256

SESSION_SECONDS = 30 * 86400.0
"""A browser that has shown the token is let in for so long."""


@dataclass(frozen=True, slots=True)
class Seal:
    """Signs and checks, each in constant time."""

    key: bytes = field(repr=False)
    token: str | None = field(repr=False)
    """What strangers must show; None where nobody is asked."""

    @classmethod
    def of(cls, token: str | None, key: bytes) -> "Seal":
        """With a token the key follows from it, so that a restart sends nobody away."""
        derived = sha256(b"copydesk dashboard " + token.encode()).digest() if token else key
        return cls(derived, token)

    @property
    def form(self) -> str:
        """What a form of ours holds, and no other site knows."""
        return self._sign("form")

    def is_form(self, value: str) -> bool:
        """Whether a form is of ours."""
        return hmac.compare_digest(value.encode(), self.form.encode())

    def is_token(self, value: str) -> bool:
        """Whether a stranger shows the token."""
        # Of equal length, whatever is shown.
        shown, wanted = (sha256(v.encode()).digest() for v in (value, self.token or ""))
        return self.token is not None and hmac.compare_digest(shown, wanted)

    def session(self, now: float) -> str:
        """A cookie for who has shown the token."""
        since = str(int(now))
        return f"{since}.{self._sign(f'session {since}')}"

    def is_session(self, cookie: str, now: float) -> bool:
        """Whether a cookie is one of ours, and not too old."""
        since, _, signature = cookie.partition(".")
        if not (since.isascii() and since.isdigit() and len(since) < 12):
            return False
        is_ours = hmac.compare_digest(signature.encode(), self._sign(f"session {since}").encode())
        return is_ours and 0 <= now - int(since) + 60 <= SESSION_SECONDS

    def _sign(self, what: str) -> str:
        return hmac.new(self.key, what.encode(), sha256).hexdigest()
