"""Notifications to systemd: the protocol of sd_notify(3)."""

import logging
import os
import socket

_LOG = logging.getLogger(__name__)


class Notifier:
    """The connection to the systemd that started this process; silent where none did.

    It follows $NOTIFY_SOCKET, and $WATCHDOG_USEC with $WATCHDOG_PID.
    """

    def __init__(self) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "")
        self._socket = _connect(address) if address else None
        self.watchdog_s = _read_interval_s()  # 0 where systemd keeps no watchdog for this process

    @property
    def connected(self) -> bool:
        """Whether anybody listens."""
        return self._socket is not None

    def send(self, lines: list[str]) -> None:
        """Send `lines` such as `READY=1`; a systemd that takes none is no error."""
        if self._socket is None:
            return
        try:
            self._socket.send("\n".join(lines).encode(errors="replace"))
        except OSError as error:  # systemd restarts, or its queue is full: nothing the camera should die of
            _LOG.debug("systemd did not get %s: %s", lines, error)

    def close(self) -> None:
        """Tell systemd that the service ends by itself, and close the socket."""
        if self._socket is not None:
            self.send(["STOPPING=1"])
            self._socket.close()
            self._socket = None


def _connect(address: str) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    connection.setblocking(False)
    try:
        connection.connect("\0" + address[1:] if address.startswith("@") else address)  # @: an abstract name
    except OSError as error:
        connection.close()
        _LOG.warning("$NOTIFY_SOCKET is set to %s, which does not answer: %s", address, error)
        return None
    return connection


def _read_interval_s() -> float:
    """Return the watchdog's interval in seconds; 0 where systemd keeps none for this process."""
    interval_us, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    ours = interval_us.isdecimal() and pid in ("", str(os.getpid()))
    return int(interval_us) / 1e6 if ours else 0.0
