"""Where a server listens: `HOST:PORT` read, judged and opened."""

import errno
import ipaddress
import socket
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from fakelens.edge_runtime.errors import UsageError

_EXAMPLE = "for example 127.0.0.1:8080"
_SHORTEST_TOKEN = 8  # characters
_BACKLOG = 64  # connections not yet accepted
_UNREAD_MS = 20_000  # that what was sent may stay unread


@dataclass(frozen=True, kw_only=True)
class Address:
    """A host, as given, and a TCP port; 0 stands for any free one."""

    host: str
    port: int


def parse_address(text: str) -> Address:
    """Return the address in `HOST:PORT`, `[IPV6]:PORT` or `PORT`; `UsageError` for anything else."""
    if "://" in text:
        raise UsageError(f"{text}: is a URL; give HOST:PORT alone, {_EXAMPLE}")
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise UsageError(f"{text}: an IPv6 address goes in brackets, as in [::1]:8080")
    if not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise UsageError(f"{text}: not HOST:PORT with a port up to 65535, {_EXAMPLE}")
    return Address(host=host or "127.0.0.1", port=int(port))


@lru_cache(maxsize=16)  # each request names one
def is_loopback(host: str) -> bool:
    """Return whether `host` names this machine to itself alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_token(token: str | None, address: Address) -> None:
    """Raise `UsageError` where other machines can reach `address` without a token, or guess it."""
    if token is None and not is_loopback(address.host):
        raise UsageError(
            f"{address.host}:{address.port} can be reached from other machines: choose a --token, "
            "or listen on 127.0.0.1 alone"
        )
    if token is not None and len(token) < _SHORTEST_TOKEN:
        raise UsageError(
            f"--token has {len(token)} characters, at least {_SHORTEST_TOKEN} are needed; this makes one: "
            'python3 -c "import secrets; print(secrets.token_urlsafe(16))"'
        )


def name_url_for_others(url: str) -> str:
    """Return `url` as other machines call it, where its host means every address of this one.

    That is the address by which this machine reaches the network; without one, its name.
    """
    host, port = urlsplit(url).hostname or "", urlsplit(url).port
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return url
    if not address.is_unspecified:
        return url
    own = _find_own_address(address.version)
    return f"http://{f'[{own}]' if ':' in own else own}:{port}/"


def _find_own_address(version: int) -> str:
    # Addresses for examples: nothing is sent, since a datagram's socket only looks up the way there.
    family, elsewhere = (socket.AF_INET, "192.0.2.1") if version == 4 else (socket.AF_INET6, "2001:db8::1")
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return f"{socket.gethostname()}.local"


def listen(address: Address) -> socket.socket:
    """Return a listening socket; `UsageError` where the address is taken or none of this machine's."""
    where = f"{address.host}:{address.port}"
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        opened = socket.create_server(found[4][:2], family=found[0], backlog=_BACKLOG)
    except socket.gaierror as error:
        raise UsageError(f"{where}: no such host ({error.strerror}); {_EXAMPLE}") from error
    except OSError as error:
        reasons = {
            errno.EADDRINUSE: f"port {address.port} is in use; end that program or take another port",
            errno.EACCES: "ports below 1024 are root's; take another, as 8080",
            errno.EADDRNOTAVAIL: "no address of this machine; `ip addr` lists those, 0.0.0.0 means all",
        }
        raise UsageError(f"{where}: {reasons.get(error.errno or 0, error.strerror)}") from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # connections inherit it: a phone that fell asleep is dropped
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
    return opened
