"""The live checker under systemd: its watchdog and its status line."""

import time

from PIL import Image

from fakelens.edge_runtime.live.status import LiveStatus
from fakelens.edge_runtime.service.notify import Notifier

_STATUS_S = 1.0  # between two lines for `systemctl status`, at least


class WatchdogSink:
    """A `LiveSink` that speaks to systemd; it does nothing where $NOTIFY_SOCKET is not set.

    The watchdog is fed by the statuses alone: the loop brings one each second, with or without a camera.
    Where they stay out the loop hangs, and systemd starts the service again.
    """

    def __init__(self) -> None:
        """Connect to systemd; READY=1 is sent with the first status."""
        self._systemd = Notifier()
        self._feed_s = self._systemd.watchdog_s / 2
        self._ready = False
        self._feed_due = self._status_due = 0.0

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:  # noqa: ARG002 (a LiveSink)
        """Take in `status`: it shows that the loop runs."""
        if not self._systemd.connected:
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
            self._systemd.send(lines)

    def close(self) -> None:
        """Tell systemd that the service ends by itself."""
        self._systemd.close()


def _describe(status: LiveStatus) -> str:
    parts = ["paused" if status.paused else str(status.state)]
    if status.label is not None and status.p_fake is not None:
        parts.append(f"{str(status.label).upper()} P(fake) {status.p_fake:.2f}")
    parts.append(f"{status.fps:.1f} frames/s")
    if status.error:
        parts.append(" ".join(status.error.split()))  # a line break would begin another message
    return ", ".join(parts)
