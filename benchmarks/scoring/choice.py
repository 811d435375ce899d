"""Choice of the models to measure, and of the images to measure them on."""

from dataclasses import dataclass
from pathlib import Path

from fakelens.benchmarks.labelled import LabelledImage, Split, choose_slice, find_labelled, list_splits
from fakelens.benchmarks.scoring.exclusion import read_exclusions

UNSPLIT = "all"  # the name of the split where DATA has none


@dataclass(frozen=True, kw_only=True)
class BenchConfig:
    """What to measure on what."""

    models: tuple[str, ...]  # paths or names of release models
    data: Path
    split: Split | None = None  # None: test, or everything where DATA is not split
    exclude: Path | None = None
    limit: int | None = None  # images of each class; None: all
    reference: str | None = None  # path or name of the model to compare with
    threads: int = 1


def choose_images(config: BenchConfig) -> tuple[list[LabelledImage], frozenset[Path]]:
    """Return the images that `config` asks for, and those among them that its `exclude` names."""
    split = config.split
    if split is None and list_splits(config.data):
        split = Split.TEST
    images = find_labelled(config.data, split)
    excluded = frozenset[Path]() if config.exclude is None else read_exclusions(config.exclude, images)
    if config.limit is not None:
        images = choose_slice(images, config.data, config.limit)
    return images, excluded & {image.path for image in images}
