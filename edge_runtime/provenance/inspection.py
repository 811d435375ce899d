"""Gathers what one file says of itself, beside its way to a verdict."""

from contextlib import suppress
from pathlib import Path

from PIL import Image

from fakelens.edge_runtime.provenance.containers.parts import JPEG_HEAD, PNG_HEAD
from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength
from fakelens.edge_runtime.provenance.marks.pixels import read_pixel_marks
from fakelens.edge_runtime.provenance.read import read_evidence

_SEARCHED = (JPEG_HEAD, PNG_HEAD)  # how files begin that are searched all over


class Inspection:
    """Gathers what a file says while it is checked: its pixels are decoded once, its parts read beside."""

    def __init__(self, source: Path | bytes, content: bytes | None = None) -> None:
        """Take a file or its bytes; `content` are those of a file that was read already."""
        self._source = source if content is None else content
        self._marks: tuple[Evidence, ...] = ()

    def see(self, decoded: Image.Image) -> None:
        """Look at the picture as it was decoded, before it is turned or made opaque."""
        self._marks = read_pixel_marks(decoded)

    def conclude(self) -> tuple[Evidence, ...]:
        """Return all that the file says, and a note on what of it is not searched.

        Nothing where it cannot be read a moment later.
        """
        found: tuple[Evidence, ...] = ()
        with suppress(OSError):
            found = read_evidence(self._source, verify=True)
            if not (isinstance(self._source, bytes) and self._source.startswith(_SEARCHED)):
                from fakelens.edge_runtime.provenance.unsearched import find_unsearched  # nearly all are

                found += find_unsearched(self._source)
        return add_contradictions((*found, *self._marks)) if found or self._marks else ()


def add_contradictions(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Return `evidence` with a note where statements of one file exclude each other."""
    strengths = {item.strength for item in evidence}
    if not {Strength.DECLARES_GENERATED, Strength.SPEAKS_FOR_A_CAMERA} <= strengths:
        return evidence
    camera = next(item.words for item in evidence if item.strength is Strength.SPEAKS_FOR_A_CAMERA)
    note = Evidence(
        source=Source.FILE,
        strength=Strength.NOTE,
        what="contradiction: the file names a camera and a generator",
        words=camera,
    )
    return (*evidence, note)
