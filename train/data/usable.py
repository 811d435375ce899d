"""Is there enough to learn from? What a data set must hold, and what to do where it does not."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from fakelens.benchmarks.labelled import LabelledImage, Split, find_labelled, limit_sources
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.contract import LABELS
from fakelens.train.config import DataConfig

_FEWEST = 2  # images of each class in each of train and val, below which nothing can be learned or chosen
_FEWEST_CUT = 6  # of each class, where validation and test are cut off them
_MOST_UNEVEN = 200  # images of the one class for one of the other
_KEPT_UNEVEN = 10  # what the remedy leaves


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
        if given == {None}:
            is_few, purposes = count < _FEWEST_CUT, "to train on, to validate and to test"
        else:  # of a part of its own, so many are cut off for validation as `dataset` does
            cut = max(round(count * config.validation), min(_FEWEST, count // 3))
            is_few, purposes = cut < _FEWEST and Split.VAL not in given, "to train on and to validate"
        if is_few:
            raise UsageError(
                f"{data}: {_count(count, name)}, too few {purposes}; give 10 of each class at the very "
                "least, better 100"
            )
    _check_even(data, counts)


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
        for name, count in zip(LABELS, counts[split], strict=True):
            if count >= _FEWEST:
                continue
            if conflicts > count:
                raise UsageError(
                    f"{data}: {conflicts} pictures stand in both real/ and fake/ with the same bytes, which "
                    f"leaves {count} {name} ones for {split}; sort each picture into one class"
                )
            raise UsageError(
                f"{data}: {_count(count, f'usable {name}')} in the {split} split, {_FEWEST} are the least"
                f"{broken}; {_name_remedy(split, val_given=val_given)}"
            )
    _check_even(data, counts[Split.TRAIN])


def _check_even(data: Path, counts: Sequence[int]) -> None:
    """Raise `UsageError` where one class has so many more training images than the other."""
    rarer, others = sorted(counts)
    if others > _MOST_UNEVEN * rarer:
        name, fewer = LABELS[counts.index(rarer)], f"--set data.most={_KEPT_UNEVEN * rarer}"
        raise UsageError(
            f"{data}: {_count(rarer, name)} to train on and {others:,} others, "
            f"too uneven to learn from; add {name} ones"
            + (f", or take fewer of the others with {fewer}" if rarer >= _FEWEST_CUT else "")
        )


def _count(images: int, name: str) -> str:
    return f"{images:,} {name} {'image' if images == 1 else 'images'}"


def _name_remedy(split: Split, *, val_given: bool) -> str:
    if split is Split.TRAIN:
        return "add images"
    if val_given:
        return "add images, or take that folder away: validation is cut from train then"
    return "add images, or cut more off train with --set data.validation=0.3"
