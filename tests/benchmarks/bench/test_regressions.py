import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakelens.benchmarks.bench.columns import list_fields
from fakelens.benchmarks.bench.regressions import Change, Tolerance, compare_rows, read_rows
from fakelens.benchmarks.bench.table import Line
from fakelens.benchmarks.timing.host import describe_host
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.library import find_model

HOST = describe_host()
MakeLine = Callable[..., Line]
Row = dict[str, Any]


def _row(line: Line, **changes: Any) -> Row:
    return json.loads(json.dumps(dict(list_fields(line, HOST)))) | changes


def _find(changes: list[Change], figure: str) -> Change:
    (found,) = [change for change in changes if change.figure == figure]
    return found


def test_the_same_figures_are_no_change(make_line: MakeLine) -> None:
    changes = compare_rows([_row(make_line())], [_row(make_line())], Tolerance())
    assert [change.figure for change in changes] == [
        *("accuracy", "auc", "latency_p50_ms", "init_ms", "first_ms", "images_per_s", "peak_rss_bytes"),
        *("size_bytes", "gzip_bytes"),
    ]
    assert not any(change.change or change.worse for change in changes)


def test_slower_past_the_tolerance_and_the_noise_is_worse(make_line: MakeLine) -> None:
    old = _row(make_line())
    slower = compare_rows([old], [_row(make_line(p50_ms=1.1))], Tolerance(percent=5))
    latency, rate = _find(slower, "latency_p50_ms"), _find(slower, "images_per_s")
    assert (latency.worse, rate.worse) == (True, True)
    assert latency.change == pytest.approx(10)
    assert (latency.low, latency.high) == (
        pytest.approx(100 * (1.1 * 0.98 / 1.02 - 1)),
        pytest.approx(100 * (1.1 * 1.02 / 0.98 - 1)),
    )
    assert not _find(slower, "size_bytes").worse
    assert not _find(
        compare_rows([old], [_row(make_line(p50_ms=1.1))], Tolerance(percent=15)), "images_per_s"
    ).worse
    faster = compare_rows([old], [_row(make_line(p50_ms=0.5))], Tolerance())
    assert not any(change.worse for change in faster)


def test_more_instructions_than_allowed_are_worse(make_line: MakeLine) -> None:
    old = _row(make_line(), instructions=11_000_000)
    more, same = (_row(make_line(), instructions=count) for count in (11_900_000, 11_100_000))
    assert _find(compare_rows([old], [more], Tolerance(percent=5)), "instructions").worse
    assert not _find(compare_rows([old], [same], Tolerance(percent=5)), "instructions").worse


def test_slower_within_the_spread_of_the_rounds_is_noise(make_line: MakeLine) -> None:
    # 3 % are past a tolerance of 1, but rounds spread by 2 % either way.
    (change,) = [
        change
        for change in compare_rows([_row(make_line())], [_row(make_line(p50_ms=1.03))], Tolerance(percent=1))
        if change.figure == "latency_p50_ms"
    ]
    assert change.change == pytest.approx(3)
    assert change.low < 0 < change.high
    assert not change.worse


def test_times_that_were_not_valid_are_not_judged(make_line: MakeLine) -> None:
    new = _row(make_line(p50_ms=2.0, faults=("other programs kept 2.0 cores busy",)))
    change = _find(compare_rows([_row(make_line())], [new], Tolerance()), "latency_p50_ms")
    assert (change.worse, change.doubt) == (False, "now")


def _spoil(line: Line, wrong: int) -> Line:
    """The line as if its model were wrong on so many more of the images it was right on."""
    assert line.row is not None
    scores = line.row.scores
    right = (scores.p_fake >= 0.5) == (scores.labels == 1)
    p_fake = scores.p_fake.copy()
    chosen = np.flatnonzero(right)[:wrong]
    p_fake[chosen] = 1 - p_fake[chosen]
    return replace(line, row=replace(line.row, scores=replace(scores, p_fake=p_fake)))


def test_accuracy_is_compared_image_by_image(make_line: MakeLine) -> None:
    line = make_line()
    for wrong, worse in ((3, False), (8, True)):  # McNemar's p of 3 to 0 is .25, of 8 to 0 .008
        changes = compare_rows([_row(line)], [_row(_spoil(line, wrong))], Tolerance())
        accuracy = _find(changes, "accuracy")
        assert accuracy.change == pytest.approx(-100 * wrong / 20)
        assert accuracy.low < accuracy.change < accuracy.high
        assert accuracy.worse is worse
    better = compare_rows([_row(_spoil(line, 8))], [_row(line)], Tolerance())
    assert not _find(better, "accuracy").worse


def test_other_hosts_images_and_samples_are_refused(make_line: MakeLine) -> None:
    row = _row(make_line())
    for changed, message in (
        ({"host_cpu": "another"}, "times were taken on another host .*another.* --no-timing"),
        ({"sample": "9 photos"}, r"times were taken on other images \(9 photos; here 2 photos\)"),
        ({"images_digest": "0"}, "accuracy was measured on other images"),
        ({"file": "else.tflite", "threads": 8}, "no line has a counterpart"),
    ):
        with pytest.raises(UsageError, match=message):
            compare_rows([row | changed], [row], Tolerance())


def test_without_times_another_host_does_not_matter(make_line: MakeLine) -> None:
    old = _row(make_line(), host_cpu="another")
    changes = compare_rows([old], [_row(make_line(latency=None))], Tolerance())
    assert {change.figure for change in changes} == {"accuracy", "auc", "size_bytes", "gzip_bytes"}


def test_lines_are_matched_by_name_and_threads_and_one_model_with_any(make_line: MakeLine) -> None:
    lines = [_row(make_line(name, threads=threads)) for name in ("a", "b") for threads in (1, 2)]
    changes = compare_rows(lines[::-1], [lines[2]], Tolerance())  # b with 1 thread
    assert {change.line for change in changes} == {"b.tflite, 1 thread"}
    renamed = compare_rows([lines[0]], [_row(make_line("candidate"))], Tolerance())
    assert {change.line for change in renamed} == {"candidate.tflite, 1 thread"}


def test_what_bench_did_not_write_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    for text in ("", "no json", "[1]", '{"model": "x"}'):
        path.write_text(text)
        with pytest.raises(UsageError, match=r"old\.json: "):
            read_rows(path)
    with pytest.raises(UsageError, match=r"gone\.json: cannot be read \(No such file or directory\); "):
        read_rows(tmp_path / "gone.json")


def test_a_release_model_goes_by_its_name_and_another_file_by_its_path(make_line: MakeLine) -> None:
    named, other = (replace(make_line(), path=path) for path in (find_model("photo"), Path("runs/a.tflite")))
    assert [_row(line)["file"] for line in (named, other)] == ["photo.tflite", "runs/a.tflite"]


def test_a_tolerance_is_a_share() -> None:
    with pytest.raises(UsageError, match="--tolerance is -1"):
        Tolerance(percent=-1)
    with pytest.raises(UsageError, match="--max-drop is 101"):
        Tolerance(points=101)


def test_the_instructions_that_are_kept_can_be_compared_with() -> None:
    rows = read_rows(Path(__file__).parents[3] / "benchmarks" / "results" / "instructions.jsonl")
    assert {row["file"] for row in rows} >= {"photo.tflite", "cifake-300k.tflite"}
    changes = compare_rows(rows, rows, Tolerance())
    assert {change.figure for change in changes} == {"instructions", "size_bytes", "gzip_bytes"}
    assert not any(change.worse for change in changes)
