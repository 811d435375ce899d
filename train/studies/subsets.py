"""Small data sets cut out of a large one, as links: what somebody with few pictures would have."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fakelens.benchmarks.labelled import LabelledImage, Split, find_labelled, limit_sources
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.contract import LABELS

_FEWEST_TEST, _MOST_TEST = 10, 200  # test pictures of each class
_TEST_SHARE = 0.2  # of the pictures of a class, where the data have no test part


@dataclass(frozen=True, kw_only=True)
class Size:
    """How many pictures of each class to train on."""

    real: int
    fake: int

    def __str__(self) -> str:
        return f"{self.real:,} + {self.fake:,}"


def parse_sizes(text: str) -> list[Size]:
    """Return the sizes in `100,300,100+1000`: of both classes, or of reals and fakes; `UsageError` else."""
    sizes = []
    for part in text.split(","):
        counts = part.split("+")
        if len(counts) > len(LABELS) or not all(count.strip().isdecimal() for count in counts):
            raise UsageError(
                f"--sizes {text}: {part!r} is no size; write 100 or 100+1000, with commas between"
            )
        sizes.append(Size(real=int(counts[0]), fake=int(counts[-1])))
    return sizes


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """What small sets are cut out of."""

    data: Path
    most: int | None = None  # pictures of each source and class that are taken; None for all
    test: int = _MOST_TEST  # test pictures of each class, at most

    def find(self) -> list[LabelledImage]:
        """Return the pictures that may be chosen."""
        found = find_labelled(self.data)
        return found if self.most is None else limit_sources(found, self.most)


def lay_out(pictures: Pictures, folder: Path, size: Size, seed: int) -> None:
    """Link `size` of `pictures` under FOLDER/train, chosen by `seed`, and those to test on under test/.

    The test pictures are the same for every seed: of its test part, else a fifth that is kept apart.
    Raises `UsageError` where there are too few.
    """
    found = pictures.find()
    for label, wanted in enumerate((size.real, size.fake)):
        of_class = [image for image in found if image.label == label]
        rest = [image for image in of_class if image.split is not Split.TEST]
        if len(rest) < len(of_class):
            apart = _shuffle([image for image in of_class if image.split is Split.TEST], 0)[: pictures.test]
        else:
            share = max(_FEWEST_TEST, round(_TEST_SHARE * len(of_class)))
            apart = _shuffle(of_class, 0)[: min(pictures.test, share)]
        kept = set(apart)
        rest = [image for image in rest if image not in kept]
        if len(rest) < wanted or len(apart) < _FEWEST_TEST:
            raise UsageError(
                f"{pictures.data}: {len(rest)} {LABELS[label]} pictures to train on and {len(apart)} to "
                f"test, {wanted} and {_FEWEST_TEST} are needed: choose smaller --sizes, or other pictures"
            )
        _link(_shuffle(rest, seed + 1)[:wanted], folder / Split.TRAIN / LABELS[label])
        _link(apart, folder / Split.TEST / LABELS[label])


def _shuffle(images: list[LabelledImage], seed: int) -> list[LabelledImage]:
    return [images[place] for place in np.random.default_rng(seed).permutation(len(images))]


def _link(images: list[LabelledImage], folder: Path) -> None:
    folder.mkdir(parents=True)
    for number, image in enumerate(images):  # names of several sources may be the same
        (folder / f"{image.path.stem}-{number}{image.path.suffix}").symlink_to(image.path.resolve())
