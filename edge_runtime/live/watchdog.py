"""Telling systemd that the live checker runs, and what it sees: the protocol of sd_notify(3)."""

import logging
import os
import socket
import time

from PIL import Image

from fakelens.edge_runtime.live.status import LiveStatus

_STATUS_S = 1.0  # between two lines for `systemctl status`, at least
_LOG = logging.getLogger(__name__)


class WatchdogSink:
    """A `LiveSink` that speaks to systemd; it does nothing where $NOTIFY_SOCKET is not set.

    The watchdog is fed by the statuses alone: the loop brings one each second, with or without a camera.
    Where they stay out the loop hangs, and systemd starts the service again.
    """

    def __init__(self) -> None:
        """Connect to systemd; READY=1 is sent with the first status."""
        address = os.environ.get("NOTIFY_SOCKET", "")
        self._socket = _connect(address) if address else None
        self._feed_s = _read_interval_s() / 2
        self._ready = False
        self._feed_due = self._status_due = 0.0

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:  # noqa: ARG002 (a LiveSink)
        """Take in `status`: it shows that the loop runs."""
        if self._socket is None:
            return
        now, lines = time.monotonic(), []
        if not self._ready:
            self._ready = True
            lines.append("READY=1")
        if self._feed_s and now >= self._feed_due:
            self._feed_due = now + self._feed_s
            lines.append("WATCHDOG=1")
        if now >= self._status_due:
            self._status_due = now + _STATUS_S
            lines.append(f"STATUS={_describe(status)}")
        if lines:
            self._send(lines)

    def close(self) -> None:
        """Tell systemd that the service ends by itself, and let go of the socket."""
        if self._socket is not None:
            self._send(["STOPPING=1"])
            self._socket.close()
            self._socket = None

    def _send(self, lines: list[str]) -> None:
        assert self._socket is not None
        try:
            self._socket.send("\n".join(lines).encode(errors="replace"))
        except OSError as error:  # systemd restarts, or its queue is full: nothing the camera should die of
            _LOG.debug("systemd was not told %s: %s", lines, error)


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


def _describe(status: LiveStatus) -> str:
    parts = ["paused" if status.paused else str(status.state)]
    if status.label is not None and status.p_fake is not None:
        parts.append(f"{str(status.label).upper()} P(fake) {status.p_fake:.2f}")
    parts.append(f"{status.fps:.1f} frames/s")
    if status.error:
        parts.append(" ".join(status.error.split()))  # a line break would begin another message
    return ", ".join(parts)
