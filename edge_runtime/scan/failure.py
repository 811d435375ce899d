"""Why pictures got no verdict, in a few kinds that can be counted."""

from enum import StrEnum
from pathlib import PurePath

from fakelens.edge_runtime.pictures.pipes import NOBODY_WRITES
from fakelens.edge_runtime.scan.storage import NOT_FETCHED, REFUSED


class Failure(StrEnum):
    """One kind of error."""

    BROKEN_LINE = "broken line"  # of a manifest
    NOT_FOUND = "not found"
    REFUSED = "refused"  # by the file system or the store
    NOT_FETCHED = "not fetched"  # the net or the store failed: another run may succeed
    EMPTY = "empty"
    NOT_AN_IMAGE = "not an image"
    NEEDS_PACKAGE = "needs a package"
    TOO_LARGE = "too large"
    DAMAGED = "damaged"


BROKEN = "broken line"
# In this order: words of the reason, as `preprocess`, the video reader and the stores put it.
_WORDS = (
    (Failure.BROKEN_LINE, (BROKEN,)),
    (Failure.NOT_FOUND, ("no such file",)),
    (Failure.REFUSED, (REFUSED, "permission denied")),
    (Failure.NOT_FETCHED, (NOT_FETCHED,)),
    (Failure.EMPTY, ("the file is empty", "empty input")),
    (Failure.NEEDS_PACKAGE, ("pip install",)),
    (Failure.TOO_LARGE, ("over the limit", "too large", "takes more memory")),
    (Failure.NOT_AN_IMAGE, ("not an image", "is a folder", "raw file (dng)", NOBODY_WRITES)),
)


def tell_failure(name: str, error: str) -> Failure:
    """Return the kind of an `error` of the picture `name`; what nothing else fits is damaged."""
    reason = error.rpartition(f"{PurePath(name).name}: ")[2].lower()  # a name may hold any words
    for kind, words in _WORDS:
        if any(word in reason for word in words):
            return kind
    return Failure.DAMAGED
