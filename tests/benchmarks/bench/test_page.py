import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.benchmarks.bench.table import Line
from fakelens.benchmarks.timing.host import describe_host
from fakelens.edge_runtime.errors import UsageError

pytest.importorskip("matplotlib", reason="the page needs the bench extra")
pytest.importorskip("jinja2", reason="the page needs the bench extra")

from fakelens.benchmarks.bench.page import check_page, choose_candidates, write_page

HOST = describe_host()
MakeLine = Callable[..., Line]


def test_the_page_needs_no_other_file_and_escapes_names(make_line: MakeLine, tmp_path: Path) -> None:
    lines = [make_line("<b>&"), make_line("slow", p50_ms=3.0, faults=("the processor was at 83 °C",))]
    path = tmp_path / "deep" / "bench.html"
    write_page(path, lines, HOST)
    page = path.read_text(encoding="utf-8")
    assert page.count("<svg") == 1
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert '<th scope="row">&lt;b&gt;&amp;.tflite</th>' in page
    assert '<td class="n bad">NO</td>' in page
    assert "1 of the timings is not valid" in page
    assert "memory_bytes" not in page
    assert "<li>slow.tflite, 1 thread: the processor was at 83 °C</li>" in page
    assert HOST.cpu in page


def test_one_model_needs_no_chart(make_line: MakeLine, tmp_path: Path) -> None:
    write_page(tmp_path / "bench.html", [make_line()], HOST)
    page = (tmp_path / "bench.html").read_text(encoding="utf-8")
    assert "<svg" not in page
    assert re.search(
        r"<p>The model brightness, 85\.0% right, 1\.00 ms an inference, \d+ KB to download</p>", page
    )


def test_a_model_is_drawn_once_with_the_threads_that_suit_it(make_line: MakeLine) -> None:
    lines = [make_line(threads=1, p50_ms=1.0), make_line(threads=2, p50_ms=0.7), make_line("other")]
    first, second = choose_candidates(lines)
    assert (first.name, first.latency_ms, second.name) == ("brightness", 0.7, "other")
    assert first.accuracy is not None
    assert first.accuracy.value == 0.85


def test_the_page_is_for_everybody(
    make_line: MakeLine, tmp_path: Path, find_faults: Callable[[Path], list[str]]
) -> None:
    lines = [make_line("one"), make_line("slow", p50_ms=3.0, faults=("the processor was at 83 °C",))]
    write_page(tmp_path / "bench.html", lines, HOST)
    assert find_faults(tmp_path / "bench.html") == []


def test_a_folder_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        check_page(tmp_path)
