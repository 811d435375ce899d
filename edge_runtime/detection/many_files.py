"""Many files in order, several at a time: decoded pictures are held by their bytes, not by their number."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.fitted import FittedPicture
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.picture import Picture
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig

_AHEAD = 2  # groups of files for each worker
# Handing a file to a thread, and its result back, costs as much as a tenth of judging a tiny one, hence
# groups; a large photo goes alone, for its result should not wait for others.
_GROUP_FILES, _GROUP_BYTES = 16, 256_000
_DECODED_BYTES = 250_000_000  # of the pictures that threads hold together, beside the one whose turn it is


class Checker(Protocol):
    """What judges pictures: a `Detector`."""

    @property
    def takes_several(self) -> bool:
        """Whether pictures that are judged together take less time."""

    def fit_file(
        self, source: Path | bytes, name: str, decode: DecodeConfig, *, keep_image: bool
    ) -> FittedPicture | CheckedFile:
        """Return a file ready for the model, or its result where it goes another way."""

    def judge_files(self, pictures: Sequence[FittedPicture]) -> list[CheckedFile]:
        """Return the verdict on each of `pictures`."""


def check_in_turn(
    checker: Checker, paths: Iterable[Path | Picture], decode: DecodeConfig, *, keep_images: bool
) -> Iterator[CheckedFile]:
    """Yield what `checker` says of each of `paths`, one after the other; without `keep_images` without them.

    Where all `paths` are known, small pictures are judged together: whoever hands them over one by one may
    wait for each result.
    """
    together = isinstance(paths, Sequence) and checker.takes_several and not keep_images
    for group in group_files(paths) if together else ([path] for path in paths):
        results = _check_group(checker, group, decode, keep_images=keep_images)
        while results:  # none is left with its picture while the next one is decoded
            yield results.pop(0)


def check_side_by_side(
    checker: Checker,
    paths: Iterable[Path | Picture],
    decode: DecodeConfig,
    workers: int,
    *,
    keep_images: bool,
) -> Iterator[CheckedFile]:
    """Yield the same in the same order, from `workers` threads."""
    from fakelens.edge_runtime.machine.memory import ByteBudget, return_large_blocks  # one file needs neither
    from fakelens.edge_runtime.workers import map_in_order

    return_large_blocks()
    budget = ByteBudget(_DECODED_BYTES)
    together = checker.takes_several  # or tiles of many pictures would wait for the first

    def work(numbered: tuple[int, list[Path | Picture]]) -> list[CheckedFile]:
        place, group = numbered
        bounded = replace(decode, reserve=partial(budget.reserve, place))
        release = None if keep_images else partial(budget.release, place)
        results: list[CheckedFile] = []
        for part in [group] if together else [[path] for path in group]:
            results += _check_group(checker, part, bounded, release, keep_images=keep_images)
        return results

    # Results that keep their pictures are handed over one by one: a group would hold all of its pictures.
    groups = ([path] for path in paths) if keep_images else group_files(paths)
    with closing(map_in_order(work, enumerate(groups), workers, _AHEAD * workers)) as done:
        try:
            for place, results in enumerate(done):
                yield from results
                results.clear()
                budget.finish(place)
        finally:  # before the threads are waited for
            budget.lift()


def _check_group(
    checker: Checker,
    group: list[Path | Picture],
    decode: DecodeConfig,
    release: Callable[[], None] | None = None,
    *,
    keep_images: bool,
) -> list[CheckedFile]:
    """Return the results of `group` in its order; `release` is called after each picture is decoded."""
    fitted: list[FittedPicture | CheckedFile] = []
    for path in group:
        fitted.append(_fit_next(checker, path, decode, keep_image=keep_images))
        if release is not None:
            release()
    pictures = [each for each in fitted if isinstance(each, FittedPicture)]
    judged = iter(checker.judge_files(pictures) if pictures else ())
    return [each if isinstance(each, CheckedFile) else next(judged) for each in fitted]


def _fit_next(
    checker: Checker, picture: Path | Picture, decode: DecodeConfig, *, keep_image: bool
) -> FittedPicture | CheckedFile:
    if isinstance(picture, Path):
        result = checker.fit_file(picture, str(picture), decode, keep_image=keep_image)
        return result if keep_image or isinstance(result, FittedPicture) else _drop_images(result)
    try:
        source = picture.read()
    except ImageError as error:
        return CheckedFile(path=picture.name, error=str(error))
    result = checker.fit_file(source, picture.name, decode, keep_image=keep_image)
    if isinstance(result, FittedPicture):
        return result
    if isinstance(source, bytes) and result.error is not None:
        result = replace(result, error=picture.name + result.error.removeprefix("stdin"))
    return result if keep_image else _drop_images(result)


def _drop_images(result: CheckedFile) -> CheckedFile:
    return replace(result, image=None, stills=()) if result.image or result.stills else result


def group_files(paths: Iterable[Path | Picture]) -> Iterator[list[Path | Picture]]:
    """Yield `paths` in order: a few small files together, a large one alone."""
    group: list[Path | Picture] = []
    total_bytes = 0
    for path in paths:
        size_bytes = 0
        with suppress(OSError):  # checking it tells what is wrong
            size_bytes = os.stat(path).st_size if isinstance(path, Path) else path.size_bytes  # noqa: PTH116 (a path's own way takes as long again)
        if group and (len(group) == _GROUP_FILES or total_bytes + size_bytes > _GROUP_BYTES):
            yield group
            group, total_bytes = [], 0
        group.append(path)
        total_bytes += size_bytes
    if group:
        yield group
