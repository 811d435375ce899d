"""Choice of the models to measure, and of the images to measure them on."""

from dataclasses import dataclass
from pathlib import Path

from fakelens.benchmarks.labelled import LabelledImage, Split, choose_slice, find_labelled, list_splits
from fakelens.benchmarks.scoring.exclusion import read_exclusions
from fakelens.benchmarks.scoring.manifest import find_pictures
from fakelens.benchmarks.scoring.scores_file import read_scores
from fakelens.edge_runtime.errors import UsageError

UNSPLIT = "all"  # the name of the split where DATA has none


@dataclass(frozen=True, kw_only=True)
class BenchConfig:
    """What to measure on what."""

    models: tuple[str, ...]  # paths or names of release models
    data: Path
    split: Split | None = None  # None: test, or everything where DATA is not split
    exclude: Path | None = None
    limit: int | None = None  # images of each class; None: all
    manifest: Path | None = None  # a file of scores that names the images; None: all
    reference: str | None = None  # path or name of the model to compare with
    threads: int = 1


def choose_images(config: BenchConfig) -> tuple[list[LabelledImage], frozenset[Path]]:
    """Return the images that `config` asks for, and those among them that its `exclude` names."""
    split = config.split
    if split is None and list_splits(config.data):
        split = Split.TEST
    if config.manifest is not None and config.limit is not None:
        raise UsageError("--limit and --manifest exclude each other: both say which images")
    images = find_labelled(config.data, split)
    if config.manifest is not None:
        named = set(find_pictures(read_scores(config.manifest).images, images, config.data))
        images = [image for image in images if image in named]
    excluded = frozenset[Path]() if config.exclude is None else read_exclusions(config.exclude, images)
    if config.limit is not None:
        images = choose_slice(images, config.data, config.limit)
    return images, excluded & {image.path for image in images}
