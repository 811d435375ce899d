"""Is there enough to learn from? What a data set must hold, and what to do where it does not."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from fakelens.benchmarks.labelled import LabelledImage, Split, find_labelled, limit_sources
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.contract import LABELS
from fakelens.train.config import DataConfig

_FEWEST = 2  # images of each class in each of train and val, below which nothing can be learned or chosen
_MOST_UNEVEN = 200  # images of the one class for one of the other
_KEPT_UNEVEN = 10  # what the remedy leaves, of a source
_FEWEST_TO_LIMIT = 8  # of the rarer class, below which the others would be too few to cut
_MORE_CUT = 0.3


def choose_images(data: Path, config: DataConfig) -> list[LabelledImage]:
    """Return the images of `data` that `config` asks for, those of sources that are left out too."""
    found = find_labelled(data, layout=config.layout)
    if not config.most:
        return found
    tested = [image for image in found if image.split is Split.TEST]
    return limit_sources([image for image in found if image.split is not Split.TEST], config.most) + tested


def check_numbers(data: Path, config: DataConfig) -> None:
    """Raise `UsageError` where the files of `data` are too few or too uneven; none is decoded."""
    found = choose_images(data, config)
    trained = [image for image in found if image.split in (None, Split.TRAIN)]
    counts = [sum(image.label == label for image in trained) for label in range(len(LABELS))]
    given = {image.split for image in found}
    for name, count in zip(LABELS, counts, strict=True):
        rest, purposes = count, "to train on and to validate"
        if given == {None} and config.test:
            rest, purposes = rest - count_cut(rest, config.test), "to train on, to validate and to test"
        if count_cut(rest, config.validation) < _FEWEST and Split.VAL not in given:
            raise UsageError(
                f"{data}: {_count(count, name)}, too few {purposes}; give 10 of each class at the very "
                "least, better 100"
            )
    sources = {image.source for image in trained if image.label == np.argmax(counts)}
    _check_even(data, counts, len(sources))


def count_cut(images: int, share: float) -> int:
    """Return how many of `images` of a class a part that is cut off gets: a `share`, of few 2 or a third."""
    return max(round(images * share), min(_FEWEST, images // 3))


def check_usable(
    data: Path,
    counts: Mapping[Split, tuple[int, ...]],
    conflicts: int,
    unreadable: Sequence[str] = (),
    *,
    val_given: bool = False,
) -> None:
    """Raise `UsageError` where a class of `data` is too rare in `counts`, its images by split and class.

    `conflicts` pictures stood in both classes and count in neither; `unreadable` are lines, one for each file
    that cannot be read; `val_given` where `data` has a val/.
    """
    broken = f" ({len(unreadable)} files cannot be read: {unreadable[0]})" if unreadable else ""
    for split in (Split.TRAIN, Split.VAL):
        for label, name in enumerate(LABELS):
            parts = {each: of_classes[label] for each, of_classes in counts.items()}
            count = parts[split]
            if count >= _FEWEST:
                continue
            if conflicts > count:
                raise UsageError(
                    f"{data}: {conflicts} pictures stand in both real/ and fake/ with the same bytes, which "
                    f"leaves {count} {name} ones for {split}; sort each picture into one class"
                )
            raise UsageError(
                f"{data}: {_count(count, f'usable {name}')} in the {split} split, {_FEWEST} are the least"
                f"{broken}; {_name_remedy(split, parts, val_given=val_given)}"
            )
    _check_even(data, counts[Split.TRAIN])


def _check_even(data: Path, counts: Sequence[int], sources: int = 1) -> None:
    """Raise `UsageError` where one class, of so many `sources`, has so many more training images."""
    rarer, others = sorted(counts)
    if others > _MOST_UNEVEN * rarer:
        name = LABELS[counts.index(rarer)]
        helps = rarer >= _FEWEST_TO_LIMIT and _KEPT_UNEVEN * sources <= _MOST_UNEVEN  # it is of each source
        fewer = f"--set data.most={_KEPT_UNEVEN * rarer}" if helps else ""
        raise UsageError(
            f"{data}: {_count(rarer, name)} to train on and {others:,} others, "
            f"too uneven to learn from; add {name} ones"
            + (f", or take fewer of the others with {fewer}" if fewer else "")
        )


def _count(images: int, name: str) -> str:
    return f"{images:,} {name} {'image' if images == 1 else 'images'}"


def _name_remedy(split: Split, parts: Mapping[Split, int], *, val_given: bool) -> str:
    """Return what helps a class of which so many images are in each of `parts`, too few in `split`."""
    if split is Split.TRAIN:
        return "add images"
    if val_given:
        return "add images, or take that folder away: validation is cut from train then"
    more = round((parts[Split.TRAIN] + parts[Split.VAL]) * _MORE_CUT) > _FEWEST
    return "add images" + (f", or cut more off train with --set data.validation={_MORE_CUT}" if more else "")
