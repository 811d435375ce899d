"""The image files that checking is timed on: some of DATA, or photos made for the purpose."""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fakelens.benchmarks.labelled import LabelledImage, choose_slice
from fakelens.benchmarks.timing.pictures import make_photo

_PER_CLASS = 8
_MADE = 4
_WIDTH, _HEIGHT = 1024, 768  # px, of a photo as it is shared


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Files, and what they are in words; equal words stand for equal files."""

    paths: tuple[Path, ...]
    name: str


def choose_sample(images: Sequence[LabelledImage], data: Path) -> Sample:
    """Return a few of `images` of each class, always the same for the same files below `data`."""
    chosen = choose_slice(images, data, _PER_CLASS)
    name = f"{len(chosen)} files of {data.resolve().name} {digest_names(chosen, data)}"
    return Sample(paths=tuple(image.path.resolve() for image in chosen), name=name)


@contextmanager
def make_sample() -> Iterator[Sample]:
    """Yield a few photos, the same bytes for the same Pillow, that are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="fakelens-bench-") as folder:
        paths = tuple(Path(folder) / f"{number}.jpg" for number in range(_MADE))
        for number, path in enumerate(paths):  # a column more each: no two files are the same
            path.write_bytes(make_photo(_WIDTH + number, _HEIGHT))
        yield Sample(paths=paths, name=f"{_MADE} made JPEGs of {_WIDTH} x {_HEIGHT} px")


def digest_names(images: Sequence[LabelledImage], data: Path) -> str:
    """Return 12 hex digits of the paths below `data` and sizes of `images`: contents would take minutes."""
    lines = sorted(
        f"{image.path.relative_to(data).as_posix()} {image.path.stat().st_size}" for image in images
    )
    return hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()[:12]
