"""A classifier as it was handed over: what it takes, what it gives, and how it becomes a graph."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fakelens.convert.own.config import Scaling
from fakelens.convert.own.reading import Reading
from fakelens.convert.own.scaling import Floats
from fakelens.convert.recipes import Io, Quantization
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.pictures.preprocess import ImageU8

_CHANNELS = 3


@dataclass(frozen=True, kw_only=True)
class GraphForm:
    """What a graph is to be made as."""

    reading: Reading
    quantization: Quantization
    io: Io
    calibration_u8: ImageU8 | None = None  # for int8


class Classifier(Protocol):
    """A model of somebody else's."""

    @property
    def kind(self) -> str:
        """What it is, in words."""

    @property
    def size(self) -> int:
        """The side of its input in px."""

    @property
    def parameters(self) -> int:
        """How many numbers it holds."""

    @property
    def scalings(self) -> tuple[Scaling, ...]:
        """The scalings that it may want; fewer than all where it says something of its input itself."""

    def answer(self, images: Floats) -> Floats:
        """Return the outputs [n, 1 or 2] for scaled images [n, size, size, 3]."""

    def build_graph(self, form: GraphForm) -> bytes:
        """Return a TFLite graph from raw RGB to the probabilities of real and fake, [1, 2]."""


def check_shapes(
    path: Path, inputs: list[tuple[int | None, ...]], outputs: list[tuple[int | None, ...]], size: int | None
) -> int:
    """Return the side of the input in px; `UsageError` where this is no classifier of one RGB picture.

    `size` counts where the model takes pictures of any size, and is refused where it contradicts it.
    """
    if len(inputs) != 1 or len(outputs) != 1:
        raise UsageError(
            f"{path}: has {len(inputs)} inputs and {len(outputs)} outputs, expected one of each: "
            "cut it down to one picture in, one answer out"
        )
    (source,), (target,) = inputs, outputs
    if len(source) != 4 or source[-1] != _CHANNELS:
        raise UsageError(f"{path}: takes {_show(source)}, expected pictures, [batch, height, width, 3]")
    if len(target) != 2 or target[-1] not in (1, 2):
        raise UsageError(
            f"{path}: gives {_show(target)}, expected one value (a sigmoid) or two (a softmax) a picture; "
            "train it with such a last layer, real against fake"
        )
    height, width = source[1:3]
    if height != width:
        raise UsageError(f"{path}: takes pictures of {height} x {width} px; only squares can be converted")
    if size is not None and height not in (None, size):
        raise UsageError(f"--size is {size}, but {path} takes pictures of {height} px; leave it out")
    if height is None and size is None:
        raise UsageError(f"{path}: takes pictures of any size; say which it was trained on with --size PX")
    return int(height or size or 0)


def _show(shape: tuple[int | None, ...]) -> str:
    return f"[{', '.join('batch' if side is None and not i else str(side) for i, side in enumerate(shape))}]"
