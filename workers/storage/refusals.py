"""What a bucket's refusal means, and what to do about it. Pure: from the library's message, which goes on for pages."""

import re

OVERWRITES = (
    "it writes over what stands there, though it is asked not to (If-None-Match), so two workers could"
    " spoil each other's documents; use a bucket of S3, or a server that knows conditional writes"
)

_CODE = re.compile("<Code>([A-Za-z]+)</Code>")
_STATUS = re.compile(r"non-2xx status code: (\d{3})")
_ADDRESS = re.compile(r"Error performing [A-Z]+ (\S+?) in ")

_KEYS = "see AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_NO_KEYS = (
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY have to be in the environment; of .env only COPYDESK_..."
    " is read"
)
_BY_CODE = {
    "NoSuchBucket": "there is no such bucket; make it, or have COPYDESK_STORE name another",
    "InvalidAccessKeyId": f"its server does not know the key; {_KEYS}",
    "SignatureDoesNotMatch": f"the secret does not fit the key; {_KEYS}",
    "AccessDenied": f"these keys may not; {_KEYS}, and whether they may get, put, delete and list there",
    "ExpiredToken": "the keys have expired; see AWS_SESSION_TOKEN, or take lasting ones",
    "RequestTimeTooSkewed": "this machine's clock is wrong; set it",
    "PermanentRedirect": "the bucket is in another region; see AWS_REGION",
    "AuthorizationHeaderMalformed": "the bucket is in another region; see AWS_REGION",
    "NotImplemented": OVERWRITES,
    "InvalidObjectState": "it is in a class of storage from which it must be restored first",
}
_OF_ONE = {"InvalidObjectState"}
_BY_STATUS = {"401": _BY_CODE["InvalidAccessKeyId"], "403": _BY_CODE["AccessDenied"]}
_HALF_OF_KEYS = re.compile(r"Missing (AccessKeyId|SecretAccessKey)")
_METADATA = "169.254.169.254"
_STRANGE = re.compile(r'invalid path: .*?Path "([^"]*)"')


def is_without_bucket(error: Exception) -> bool:
    """Whether nothing was found since there is no bucket."""
    return "<Code>NoSuchBucket</Code>" in str(error)


def is_of_one(message: str) -> bool:
    """Whether this object alone cannot be read, whatever of the others."""
    return _code(message) in _OF_ONE


def is_away(message: str) -> bool:
    """Whether its server does not answer, or is ill, so that no setting is wrong."""
    if _METADATA in message or "builder error" in message or _code(message) in _BY_CODE:
        return False
    status = _status(message)
    return _is_ill(status) if status else "HTTP error" in message


def _code(message: str) -> str:
    return match[1] if (match := _CODE.search(message)) else ""


def _status(message: str) -> str:
    return match[1] if (match := _STATUS.search(message)) else ""


def _is_ill(status: str) -> bool:
    return status.startswith("5") or status == "429"


def words(message: str) -> str:
    """What is the matter, and behind a semicolon what to do."""
    code, status = _code(message), _status(message)
    address = match[1] if (match := _ADDRESS.search(message)) else ""
    if _METADATA in address:
        return f"there are no keys; {_NO_KEYS}"
    if half := _HALF_OF_KEYS.search(message):
        return f"half of the keys is missing, the {half[1]}; {_NO_KEYS}"
    if known := _BY_CODE.get(code) or _BY_STATUS.get(status):
        return known
    if match := _STRANGE.search(message):
        return f"{match[1]} is no name that can be listed; remove it, or have COPYDESK_STORE name a prefix of its own"
    if "incorrectly configured region" in message:
        return _BY_CODE["PermanentRedirect"]
    host = "/".join(address.split("/")[:3]) or "the bucket's server"
    if _is_ill(status):
        said = f"{status} {code}".strip()
        return f"{host} answers {said}, again and again; it is overloaded or ill, wait"
    if "builder error" in message and host.startswith("http://"):
        return f"{host} is asked without TLS; set AWS_ALLOW_HTTP=true where that is meant"
    if not status and "HTTP error" in message:
        return f"{host} does not answer; see the network, and AWS_ENDPOINT_URL"
    return _shortened(message)


def _shortened(message: str) -> str:
    first = message.partition("\n")[0]
    return first if len(first) <= 300 else first[:300] + "…"
