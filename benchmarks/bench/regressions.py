"""Changes since an earlier bench, figure by figure, with the band within which they may be noise."""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakelens.benchmarks.bench.columns import ANSWERS, unpack_answers
from fakelens.benchmarks.mcnemar import mcnemar
from fakelens.edge_runtime.errors import UsageError

_Z = 1.959964  # of a 95% interval
_HOST = (
    "host_machine",
    "host_cpu",
    "host_cores",
    "host_board",
)  # what times depend on; software is under test
_GROWTHS = (  # name, and whether more is better
    ("latency_p50_ms", False),
    ("init_ms", False),
    ("first_ms", False),
    ("images_per_s", True),
    ("peak_rss_bytes", False),
    ("instructions", False),  # of a verdict, under valgrind: no noise of the machine is in it
    ("size_bytes", False),
    ("gzip_bytes", False),
)
_TIMED = frozenset({"latency_p50_ms", "init_ms", "first_ms", "images_per_s", "peak_rss_bytes"})


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How much worse a figure may become."""

    percent: float = 5.0  # of times, memory and sizes
    points: float = 0.5  # of accuracy and AUC

    def __post_init__(self) -> None:
        for option, value in (("--tolerance", self.percent), ("--max-drop", self.points)):
            if not 0 <= value <= 100:
                raise UsageError(f"{option} is {value:g}, expected 0 to 100")


@dataclass(frozen=True, kw_only=True)
class Change:
    """One figure of one line, then and now."""

    line: str  # model, threads, note
    figure: str
    unit: str  # of the change: points or %
    before: float
    after: float
    change: float
    low: float  # the band of the change: what noise alone could make of it
    high: float
    worse: bool  # past the tolerance, and more than noise
    doubt: str  # when the times were not valid, so that they do not count; empty where they do


Row = Mapping[str, Any]


def read_rows(path: Path) -> list[Row]:
    """Return the rows that `fakelens bench --json` once wrote; `UsageError` where `path` holds others."""
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(
            f"{path}: cannot be read ({reason}); --compare takes what `bench --json` wrote"
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: cannot be compared with ({error}); write it by `bench --json`") from error
    if not rows or not all(
        isinstance(row, dict) and "size_bytes" in row and "host_cpu" in row for row in rows
    ):
        raise UsageError(f"{path}: holds no rows of `fakelens bench --json`; measure the earlier state again")
    return rows


def compare_rows(before: Sequence[Row], after: Sequence[Row], tolerance: Tolerance) -> list[Change]:
    """Return the changes of each of `after` that has a counterpart in `before`: by file, threads and note.

    One model on either side is the same model, whatever its name. `UsageError` where the hosts or the images
    differ, for what both sides have, and where nothing has a counterpart.
    """
    alone = all(len({row["file"] for row in rows}) == 1 for rows in (before, after))
    pairs = [(old, new) for new in after for old in _find_counterpart(before, new, alone)]
    if not pairs:
        raise UsageError(
            f"no line has a counterpart: there {', '.join(map(_name, before))}; here "
            f"{', '.join(map(_name, after))}; measure the same files with the same threads"
        )
    for old, new in pairs:
        _check_comparable(old, new)
    return [change for old, new in pairs for change in _compare(old, new, tolerance)]


def _check_comparable(old: Row, new: Row) -> None:
    if "threads" in old and "threads" in new:
        hosts = [", ".join(str(row.get(name)) for name in _HOST if row.get(name)) for row in (old, new)]
        if hosts[0] != hosts[1]:
            raise UsageError(
                f"times were taken on another host ({hosts[0]}; here {hosts[1]}): measure both on one, or "
                "compare accuracy and size alone with --no-timing"
            )
        if old.get("sample") != new.get("sample"):
            raise UsageError(
                f"times were taken on other images ({old.get('sample')}; here {new.get('sample')}): give the "
                "same --data, or leave it out as then"
            )
    if "accuracy" in old and "accuracy" in new and old.get("images_digest") != new.get("images_digest"):
        images = [f"{row.get('n')} of {row.get('data')} {row.get('split')}" for row in (old, new)]
        raise UsageError(
            f"accuracy was measured on other images ({images[0]}; here {images[1]}): give the same --data, "
            "--split and --limit, or compare times and size alone without --data"
        )


def _compare(old: Row, new: Row, tolerance: Tolerance) -> Iterator[Change]:
    if "accuracy" in old and "accuracy" in new:
        yield _compare_accuracy(old, new, tolerance.points)
        yield _compare_auc(old, new, tolerance.points)
    timed = "threads" in old and "threads" in new
    for figure, more_is_better in _GROWTHS:
        if old.get(figure) and new.get(figure) and (timed or figure not in _TIMED):
            yield _compare_growth(old, new, figure, tolerance.percent, more_is_better=more_is_better)


def _compare_accuracy(old: Row, new: Row, most: float) -> Change:
    """Pair by pair: what counts is on how many images only one of the two was right."""
    then, now = (unpack_answers(row[ANSWERS], row["n"]) for row in (old, new))
    n, pairs = len(now), mcnemar(now, then)
    change = 100 * (pairs.only_a - pairs.only_b) / n
    spread = math.sqrt(max(0.0, pairs.only_a + pairs.only_b - (pairs.only_a - pairs.only_b) ** 2 / n))
    band = 100 * _Z * spread / n
    return Change(
        line=_name(new),
        figure="accuracy",
        unit="points",
        before=old["accuracy"],
        after=new["accuracy"],
        change=change,
        low=change - band,
        high=change + band,
        worse=-change > most and pairs.p_value < 0.05,
        doubt="",
    )


def _compare_auc(old: Row, new: Row, most: float) -> Change:
    """By the intervals of both, as if they were of different images: wider than a paired band."""
    change = 100 * (new["auc"] - old["auc"])
    low = change - 100 * math.hypot(new["auc"] - new["auc_low"], old["auc_high"] - old["auc"])
    high = change + 100 * math.hypot(new["auc_high"] - new["auc"], old["auc"] - old["auc_low"])
    return Change(
        line=_name(new),
        figure="auc",
        unit="points",
        before=old["auc"],
        after=new["auc"],
        change=change,
        low=low,
        high=high,
        worse=-change > most and high < 0,
        doubt="",
    )


def _compare_growth(old: Row, new: Row, figure: str, most: float, *, more_is_better: bool) -> Change:
    """In percent; the band is that between the extremes of the rounds, nothing for sizes."""

    def grow(after: float, before: float) -> float:
        return 100 * (after / before - 1)

    (old_low, old_high), (new_low, new_high) = (_find_ends(row, figure) for row in (old, new))
    change = grow(new[figure], old[figure])
    low, high = grow(new_low, old_high), grow(new_high, old_low)
    is_worse: Callable[[float], bool] = (lambda by: -by > most) if more_is_better else (lambda by: by > most)
    beyond_noise = high < 0 if more_is_better else low > 0
    doubted = figure in _TIMED and figure != "peak_rss_bytes"
    doubts = [when for when, row in (("then", old), ("now", new)) if doubted and not row.get("valid", False)]
    return Change(
        line=_name(new),
        figure=figure,
        unit="%",
        before=old[figure],
        after=new[figure],
        change=change,
        low=low,
        high=high,
        worse=is_worse(change) and beyond_noise and not doubts,
        doubt=" and ".join(doubts),
    )


def _find_ends(row: Row, figure: str) -> tuple[float, float]:
    """Return the lowest and the highest of the rounds; sizes have none."""
    return row.get(f"{figure}_low", row[figure]), row.get(f"{figure}_high", row[figure])


def _find_counterpart(before: Sequence[Row], row: Row, alone: bool) -> list[Row]:
    """Return the one row of `before` to compare `row` with, if there is one.

    Where one side was not timed, threads do not matter: accuracy and size do not depend on them.
    """
    same = [
        old
        for old in before
        if (alone or Path(old["file"]).name == Path(row["file"]).name)
        and old.get("note", "") == row.get("note", "")
        and (old.get("threads") == row.get("threads") or "threads" not in old or "threads" not in row)
    ]
    return same[:1]


def _name(row: Row) -> str:
    threads = row.get("threads")
    parts = (
        Path(row["file"]).name,
        f"{threads} thread{'s' if threads > 1 else ''}" if threads else "",
        row.get("note", ""),
    )
    return ", ".join(part for part in parts if part)
