"""A picture ready for the model: all that its verdict takes beside the scores."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PIL import Image

from fakelens.edge_runtime.detection.condition import Reason
from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.edge_runtime.provenance.evidence import Evidence

if TYPE_CHECKING:
    from concurrent.futures import Future


@dataclass(frozen=True, kw_only=True)
class FittedPicture:
    """What the model is given of one picture, and what is known of it already."""

    name: str
    views_u8: tuple[ImageU8, ...]
    size: tuple[int, int]  # px, upright
    spent_ms: float  # on decoding and preprocessing
    reason: "Reason | Future[Reason | None] | None"  # a future where it is looked for beside the inference
    evidence: tuple[Evidence, ...] | None  # None where the file was not asked
    note: str | None = None
    image: Image.Image | None = field(default=None, repr=False, compare=False)  # where it is kept

    def tell_reason(self) -> Reason | None:
        """Return why there is nothing left to see; waits where it is still looked for."""
        return self.reason if self.reason is None or isinstance(self.reason, Reason) else self.reason.result()
