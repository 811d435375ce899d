"""Address of an MQTT broker, parsed from its URL."""

import socket
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from fakelens.edge_runtime.errors import UsageError

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_EXAMPLE = "for example mqtt://user:password@broker.local:1883/fakelens/door"


@dataclass(frozen=True, kw_only=True)
class Broker:
    """Where a broker is, and below which topic to publish."""

    host: str
    port: int
    tls: bool
    prefix: str  # of all topics, without a slash at either end
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def parse_broker(url: str) -> Broker:
    """Return the broker in `mqtt[s]://[user:password@]host[:port][/prefix]`; prefix fakelens/<hostname>.

    Raises `UsageError`, without the URL's credentials, where it is none.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"--mqtt: its host or port cannot be read; {_EXAMPLE}") from error
    if parts.scheme not in _PORTS:
        raise UsageError(f"--mqtt: a URL begins with mqtt:// or mqtts://; {_EXAMPLE}")
    if not parts.hostname or parts.query or parts.fragment:
        raise UsageError(f"--mqtt: a URL is made of user, password, host, port and prefix alone; {_EXAMPLE}")
    prefix = unquote(parts.path).strip("/") or f"fakelens/{socket.gethostname()}"
    if any(sign in prefix for sign in "+#\0"):
        raise UsageError(f"--mqtt: the prefix {prefix} holds + or #, which no topic may")
    return Broker(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        tls=parts.scheme == "mqtts",
        prefix=prefix,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )
