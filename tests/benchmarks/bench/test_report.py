import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace

from fakelens.benchmarks.bench.regressions import Change
from fakelens.benchmarks.bench.report import list_doubts, report_changes, report_table
from fakelens.benchmarks.bench.table import Line
from fakelens.benchmarks.timing.host import describe_host
from fakelens.edge_runtime.answers.output_format import Format

HOST = describe_host()
MakeLine = Callable[..., Line]


def test_one_table_has_accuracy_times_memory_and_size(make_line: MakeLine) -> None:
    lines = [make_line(), make_line("other", p50_ms=2.0, faults=("the processor was at 83 °C",))]
    models, calibration, details, sample = report_table(lines, HOST, Format.TEXT).split("\n\n")
    header, first, second = models.splitlines()
    assert " ".join(header.split()) == (
        "model images accuracy % [95%] AUC threads ms p50 p90 p99 images/s peak MB KiB gzip KiB zeros % "
        "valid data"
    )
    assert first.split()[:3] == ["brightness.tflite", "20", "85.00"]
    assert first.split()[5:11] == ["1", "1.000", "1.200", "1.500", "100.0", "60.0"]
    assert first.endswith("yes  greys test")
    assert second.endswith("NO  greys test")
    assert calibration.splitlines()[0].split()[1:3] == ["AP", "EER"]
    figures = " ".join(details.splitlines()[1].split()[1:])
    assert figures == "1 5.00 2.000 4.000 0.500 1.000 0.010 1 + 1 ops"
    assert sample == f"timed on 2 photos; {HOST.identity}, LiteRT {HOST.litert}"
    assert list_doubts(lines) == ["other.tflite, 1 thread: the processor was at 83 °C"]


def test_without_images_there_is_no_accuracy_and_without_times_no_second_table(make_line: MakeLine) -> None:
    models, details, _ = report_table([make_line(row=None)], HOST, Format.TEXT).split("\n\n")
    assert "accuracy" not in models
    assert "decode ms" in details
    (only,) = report_table([make_line(latency=None)], HOST, Format.TEXT).split("\n\n")
    assert "AP" in only.split()
    assert "threads" not in only


def test_rows_for_programs_carry_host_doubts_and_bands(make_line: MakeLine) -> None:
    line = make_line(faults=("rounds from 1 to 2 ms",))
    row = json.loads(report_table([line], HOST, Format.JSON))
    assert (row["valid"], row["faults"], row["threads"]) == (False, "rounds from 1 to 2 ms", 1)
    assert (row["latency_p50_ms_low"], row["latency_p50_ms"], row["latency_p50_ms_high"]) == (0.98, 1, 1.02)
    assert (row["decode_ms"], row["peak_rss_bytes"], row["partitions"]) == (4.0, 60e6, 1)
    assert (row["frequency_mhz_low"], row["busy_cores_before"], row["temperature_c_after"]) == (
        2390,
        0.1,
        None,
    )
    assert (row["host_cpu"], row["host_cores"], row["host_litert"]) == (HOST.cpu, HOST.cores, HOST.litert)
    (read,) = csv.DictReader(io.StringIO(report_table([line], HOST, Format.CSV)))
    assert list(read) == [name for name in row if name != "right"]  # packed bits are nothing for a cell


def test_a_second_number_of_threads_does_not_repeat_the_calibration(make_line: MakeLine) -> None:
    one = make_line()
    two = replace(make_line(threads=2), row=one.row)
    _, calibration, details, _ = report_table([one, two], HOST, Format.TEXT).split("\n\n")
    assert len(calibration.splitlines()) == 2
    assert len(details.splitlines()) == 3


def test_changes_are_told_with_their_band() -> None:
    change = Change(
        line="m.tflite, 1 thread",
        figure="latency_p50_ms",
        unit="%",
        before=1.0,
        after=1.2,
        change=20.0,
        low=15.0,
        high=25.0,
        worse=True,
        doubt="",
    )
    noise = replace(change, low=-1.0, worse=False)
    doubtful = replace(noise, doubt="now")
    _, *lines = report_changes([change, noise, doubtful]).splitlines()
    assert [line.split("]")[1].strip() for line in lines] == [
        "WORSE",
        "within noise",
        "not judged: not valid now",
    ]
    assert "+20.00 %  [+15.00, +25.00]" in lines[0]
