"""What a file says of itself beside what its pixels say: one verdict, both shown.

A declared generator decides, whatever the pixels. Nothing else does: that a file declares none says nothing,
and a camera named in it turns no FAKE into REAL, since anybody can write that.
"""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from PIL import Image

from fakelens.edge_runtime.evidence import Evidence, Source, Strength, declares_generated
from fakelens.edge_runtime.provenance.pixels import read_pixel_marks
from fakelens.edge_runtime.provenance.read import read_evidence
from fakelens.edge_runtime.verdict import Label, Verdict


class Inspection:
    """Gathers what one file says while it is checked: its pixels are decoded once, its parts read beside."""

    def __init__(self, source: Path | bytes) -> None:
        self._source = source
        self._marks: tuple[Evidence, ...] = ()

    def see(self, decoded: Image.Image) -> None:
        """Look at the picture as it was decoded, before it is turned or made opaque."""
        self._marks = read_pixel_marks(decoded)

    def conclude(self) -> tuple[Evidence, ...]:
        """Return all that the file says; nothing where it cannot be read a moment later."""
        found: tuple[Evidence, ...] = ()
        with suppress(OSError):
            found = read_evidence(self._source)
        return add_contradictions((*found, *self._marks))

    def fuse(self, verdict: Verdict) -> Verdict:
        """Return `verdict`, which is of the pixels, with what the file says of itself."""
        return fuse(verdict, self.conclude())


def fuse(verdict: Verdict, evidence: tuple[Evidence, ...]) -> Verdict:
    """Return `verdict` with `evidence`: FAKE where that declares a generator, else the pixels' answer."""
    if not declares_generated(evidence):
        return replace(verdict, evidence=evidence)
    return replace(verdict, label=Label.FAKE, evidence=evidence, pixels_label=verdict.label)


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
