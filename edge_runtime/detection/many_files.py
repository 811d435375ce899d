"""Many files in order, several at a time: decoded pictures are held by their bytes, not by their number."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.picture import Picture
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig

_AHEAD = 2  # groups of files for each worker
# Handing a file to a thread, and its result back, costs as much as a tenth of judging a tiny one, hence
# groups; a photo goes alone, for decoded it takes many megabytes.
_GROUP_FILES, _GROUP_BYTES = 16, 64_000
_DECODED_BYTES = 250_000_000  # of the pictures that threads hold together, beside the one whose turn it is

CheckOne = Callable[[Path | bytes, str, DecodeConfig], CheckedFile]


def check_in_turn(
    check: CheckOne, paths: Iterable[Path | Picture], decode: DecodeConfig, *, keep_images: bool
) -> Iterator[CheckedFile]:
    """Yield what `check` says of each of `paths`, one after the other; without `keep_images` without them."""
    for path in paths:
        result = _check_next(check, path, decode)
        yield result if keep_images else _drop_images(result)
        del result  # with its picture, before the next one is decoded


def check_side_by_side(
    check: CheckOne, paths: Iterable[Path | Picture], decode: DecodeConfig, workers: int, *, keep_images: bool
) -> Iterator[CheckedFile]:
    """Yield the same in the same order, from `workers` threads."""
    from fakelens.edge_runtime.machine.memory import ByteBudget, return_large_blocks  # one file needs neither
    from fakelens.edge_runtime.workers import map_in_order

    return_large_blocks()
    budget = ByteBudget(_DECODED_BYTES)

    def work(numbered: tuple[int, list[Path | Picture]]) -> list[CheckedFile]:
        place, group = numbered
        bounded = replace(decode, reserve=partial(budget.reserve, place))
        results: list[CheckedFile] = []
        for path in group:
            result = _check_next(check, path, bounded)
            results.append(result if keep_images else _drop_images(result))
            if not keep_images:
                budget.release(place)
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


def _check_next(check: CheckOne, picture: Path | Picture, decode: DecodeConfig) -> CheckedFile:
    if isinstance(picture, Path):
        return check(picture, str(picture), decode)
    try:
        source = picture.read()
    except ImageError as error:
        return CheckedFile(path=picture.name, error=str(error))
    result = check(source, picture.name, decode)
    if isinstance(source, bytes) and result.error is not None:
        return replace(result, error=picture.name + result.error.removeprefix("stdin"))
    return result


def _drop_images(result: CheckedFile) -> CheckedFile:
    if result.image is None and not result.stills:
        return result
    # Not by `replace`, which takes several times as long: of a small picture that is a part of its time.
    return CheckedFile(
        path=result.path,
        verdict=result.verdict,
        error=result.error,
        note=result.note,
        moments=result.moments,
        grid=result.grid,
    )


def group_files(paths: Iterable[Path | Picture]) -> Iterator[list[Path | Picture]]:
    """Yield `paths` in order: a few small files together, a large one alone."""
    group: list[Path | Picture] = []
    total_bytes = 0
    for path in paths:
        size_bytes = 0
        with suppress(OSError):  # checking it tells what is wrong
            size_bytes = path.stat().st_size if isinstance(path, Path) else path.size_bytes
        if group and (len(group) == _GROUP_FILES or total_bytes + size_bytes > _GROUP_BYTES):
            yield group
            group, total_bytes = [], 0
        group.append(path)
        total_bytes += size_bytes
    if group:
        yield group
