"""Checking many inputs in one go: `fakelens check`, as a library call."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from fakelens.edge_runtime.answers.sinks import Sink
from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.machine.quiet import MUTED
from fakelens.edge_runtime.pictures.contents import read_stream
from fakelens.edge_runtime.pictures.picture import Picture
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig
from fakelens.edge_runtime.pictures.sources import Found, LeftOut, explain_address, find_inputs
from fakelens.edge_runtime.progress import show_progress

STDIN = "-"
_PROGRESS_FROM = 200  # files; a small model checks so many in well under two seconds


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """What a batch came to."""

    counts: dict[Label, int]
    errors: int
    most_reduced: float  # largest `Verdict.reduction`
    left_out: LeftOut  # of the folders

    @property
    def files(self) -> int:
        """All inputs, readable or not."""
        return sum(self.counts.values()) + self.errors


@dataclass(frozen=True, kw_only=True)
class BatchConfig:
    """How a batch is worked through, and what is done to each image beside checking it."""

    workers: int = 1  # files checked side by side
    stable: bool = False  # see `stability`
    grid: bool = False  # whether results carry a fine grid of regions
    keep_images: bool = False  # whether sinks want the decoded pictures
    decode: DecodeConfig = field(default_factory=lambda: DecodeConfig(strict=False))


def check_batch(
    detector: Detector, names: list[str], *sinks: Sink, config: BatchConfig | None = None
) -> BatchResult:
    """Check every image that `names` stand for (files, folders, patterns, `-`), each into every sink.

    Raises `UsageError` before the first check where none of them stands for anything.
    """
    found = find_inputs((name for name in names if name != STDIN), others=STDIN in names)
    counts = dict.fromkeys(Label, 0)
    errors = 0
    most_reduced = 0.0
    config = config or BatchConfig()
    piped = _read_stdin() if STDIN in names else None
    with MUTED:  # once, or each file would set the filters of warnings anew
        for checked in _check_all(detector, _list_pictures(found), config, piped):
            source = piped if isinstance(piped, bytes) and checked.path == STDIN else Path(checked.path)
            result = _look_closer(detector, checked, source, config)
            for sink in sinks:
                sink.write(result)
            if result.verdict is None:
                errors += 1
            else:
                counts[result.verdict.label] += 1
                most_reduced = max(most_reduced, result.verdict.reduction)
            del checked, result  # with their picture, before the next one is decoded
    return BatchResult(counts=counts, errors=errors, most_reduced=most_reduced, left_out=found.left_out)


def summarize(result: BatchResult) -> str:
    """Return `result` as one JSON object on one line, with the one key `summary`."""
    counts = {str(label): count for label, count in result.counts.items()}
    summary = {
        "files": result.files,
        **counts,
        "errors": result.errors,
        "left_out": result.left_out.to_row(),
    }
    return json.dumps({"summary": summary})


def _look_closer(
    detector: Detector, result: CheckedFile, source: Path | bytes, config: BatchConfig
) -> CheckedFile:
    image, verdict = result.image, result.verdict
    if image is None or verdict is None:
        return result
    if config.stable and verdict.pixels_label is None:  # a file's own statement holds in any case
        from fakelens.edge_runtime.detection.recheck import recheck, recheck_stills
        from fakelens.edge_runtime.pictures.video.moving import read_moving

        try:
            if result.moments:
                verdict = recheck_stills(detector, read_moving(source, config.decode), verdict)
            else:
                verdict = recheck(detector, image, verdict)
            result = replace(result, verdict=verdict)
        except ImageError as error:
            return CheckedFile(path=result.path, error=f"{result.path}: {error}")
    return replace(result, grid=detector.map_regions(image)) if config.grid else result


class _Address(NamedTuple):
    """A name that is an address: it gets its line among the others."""

    name: str
    size_bytes: int = 0

    def read(self) -> bytes:
        raise ImageError(explain_address(self.name))


def _read_stdin() -> bytes | CheckedFile:
    """Return what comes in, or the result where that is too much."""
    try:
        return read_stream(sys.stdin.buffer)
    except ImageError as error:
        return CheckedFile(path=STDIN, error=f"stdin: {error}")


def _list_pictures(found: Found) -> list[Path | Picture]:
    addresses = found.addresses
    return [_Address(addresses[path]) if path in addresses else path for path in found.paths]


def _check_all(
    detector: Detector, paths: list[Path | Picture], config: BatchConfig, piped: bytes | CheckedFile | None
) -> Iterator[CheckedFile]:
    if isinstance(piped, CheckedFile):
        yield piped
    elif piped is not None:
        yield detector.check_file(piped, STDIN, config.decode)
    # Only where results and progress do not share a screen, or each would tear the other.
    quick = len(paths) < _PROGRESS_FROM or sys.stdout.isatty()
    keep = config.keep_images or config.stable or config.grid
    workers = min(config.workers, max(1, len(paths)))
    results = detector.check_files(paths, workers, config.decode, keep)
    yield from results if quick else show_progress(results, "checking", len(paths))
