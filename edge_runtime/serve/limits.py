"""What a server takes at most, and the error for what is more."""

from dataclasses import dataclass

TEXT_BYTES = 64 * 1024  # of a field of a form that is no file
_BODIES = 4  # of the largest size are held at a time


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Sizes, numbers and times."""

    max_mb: int = 50  # of a request
    max_megapixels: int = 128  # of a picture
    queue: int = 64  # pictures that wait or are being checked
    timeout_s: float = 60.0  # until a request is answered, once it has arrived
    idle_s: float = 10.0  # that a client may send nothing within a request
    slowest_s: float = 120.0  # that sending a request may take

    @property
    def max_bytes(self) -> int:
        """Of a request."""
        return self.max_mb * 10**6

    @property
    def held_bytes(self) -> int:
        """Of all requests together; further ones are left unread meanwhile."""
        return _BODIES * self.max_bytes


class RefusedError(Exception):
    """A request that gets no verdict: its status, and one line with the remedy."""

    def __init__(self, status: int, message: str, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status, self.retry_after_s = status, retry_after_s
