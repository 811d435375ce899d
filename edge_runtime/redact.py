"""Keeping credentials out of everything that is shown, logged or sent on."""

import re

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)([^\s'\"<>]+)")
_HOST_END = re.compile(r"[/?#]")
# Cheap cameras carry them in the path (/user=admin_password=x_channel=1), others in the query.
_SECRET = re.compile(
    r"([/?&;#][\w.-]*(?:pass|pwd|psw|token|secret|key|auth|user|login|sig)[\w.-]*=)[^&;#\s]*", re.IGNORECASE
)
_HIDDEN = "***"


def redact_url(text: str) -> str:
    """Return `text` with the user, password and secret parameters of every URL in it as `***`."""
    return _URL.sub(lambda url: url[1] + _SECRET.sub(rf"\1{_HIDDEN}", _hide_user(url[2])), text)


def _hide_user(rest: str) -> str:
    host = _HOST_END.split(rest, maxsplit=1)[0]
    if "@" in host:
        return f"{_HIDDEN}@{rest[host.rindex('@') + 1 :]}"
    port = host.rpartition(":")[2]
    # A password may hold a bare `/`, `?` or `#`: what stands in the port's place is no number then.
    if "@" in rest and ":" in host and not host.startswith("[") and not port.isdigit():
        return f"{_HIDDEN}@{rest[rest.rindex('@') + 1 :]}"
    return rest
