"""Protocol of a source of frames."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from fakelens.edge_runtime.live.frame import Pixels
from fakelens.edge_runtime.provenance.evidence import Evidence

TEST = "test:"


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """The frame size that a camera is asked for; it may give another."""

    width: int  # px
    height: int


class FrameStream(Protocol):
    """One connection to a source; used by one thread."""

    @property
    def interval_s(self) -> float | None:
        """Seconds from frame to frame as the source tells it; None where it does not."""

    def read(self) -> Pixels | None:
        """Return the next frame, None at the end; `CameraError` where the connection is broken.

        Blocks until there is one.
        """

    def close(self) -> None:
        """Release the device, file or connection."""


@runtime_checkable
class NamedStream(Protocol):
    """A stream whose frames have names of their own."""

    @property
    def current(self) -> str:
        """The name of the frame that was read last."""

    @property
    def note(self) -> str | None:
        """What to know of how it was read."""


@runtime_checkable
class WaitingStream(Protocol):
    """A stream whose `read` may wait for as long as it takes, though nothing is broken."""

    def stop_waiting(self) -> None:
        """End that wait: `read` returns None. From any thread."""


@runtime_checkable
class PatientSource(Protocol):
    """A source that may give nothing for a long time."""

    @property
    def patient(self) -> bool:
        """Whether it does: silence is no stall then."""


@runtime_checkable
class FileStream(Protocol):
    """A stream whose frames stand in a file, which may say something of itself."""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What the file of the frame that was read last says."""


class FrameSource(Protocol):
    """Something that gives frames, and to which one can connect again and again."""

    @property
    def name(self) -> str:
        """What the user called it, without credentials."""

    @property
    def live(self) -> bool:
        """Whether frames pass by: the newest counts. Otherwise each is waited for, in order."""

    @property
    def remote(self) -> bool:
        """Whether it may come up later than we do, so that a first failure is no reason to give up."""

    def open(self) -> FrameStream:
        """Connect; may block for seconds. `CameraError` where there is nothing to connect to."""
