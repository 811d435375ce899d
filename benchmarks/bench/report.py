"""The lines of a bench as tables for people, JSON lines and CSV for programs."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fakelens.benchmarks.bench.columns import ANSWERS, Fields, list_fields, list_robust_fields
from fakelens.benchmarks.bench.regressions import Change
from fakelens.benchmarks.bench.rows import BenchRow
from fakelens.benchmarks.bench.table import Line
from fakelens.benchmarks.metrics import Interval
from fakelens.benchmarks.scoring.comparison import Comparison
from fakelens.benchmarks.scoring.robustness import RobustRow
from fakelens.benchmarks.timing.host import Host
from fakelens.benchmarks.timing.latency import Latency
from fakelens.edge_runtime.answers.output_format import Format

_ABSENT = "-"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A figure of the table, and how it is written."""

    header: str
    write: Callable[[Line], str]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Columns over lines."""

    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


def report_table(lines: Sequence[Line], host: Host, output: Format) -> str:
    """Return `lines` under a header; in JSON and CSV shares are 0 to 1."""
    if output is not Format.TEXT:
        return _write([list_fields(line, host) for line in lines], output)
    parts = [_align(table) for table in list_tables(lines)]
    samples = {line.latency.sample: None for line in lines if line.latency is not None}
    parts += [f"timed on {sample}; {host.identity}, LiteRT {host.litert}" for sample in samples]
    return "\n\n".join(parts)


def list_tables(lines: Sequence[Line]) -> list[Table]:
    """Return the one table that has all that matters; where models were timed, two more of details."""
    scored = tuple(line for number, line in enumerate(lines) if _is_new_row(lines, number))
    timed = tuple(line for line in lines if line.latency is not None)
    tables = [Table(title="Models", columns=_choose_columns(lines), lines=tuple(lines))]
    if scored and timed:
        tables.append(Table(title="Calibration", columns=(_MODEL, *_CALIBRATION, _DATA), lines=scored))
    if timed:
        tables.append(Table(title="Where the time goes", columns=(_MODEL, *_DETAILS), lines=timed))
    return tables


def list_doubts(lines: Sequence[Line]) -> list[str]:
    """Return why times are not valid, a sentence for each line of the table that has such times."""
    return [
        f"{line.path.name}, {line.latency.threads} thread{'s' if line.latency.threads > 1 else ''}: "
        + "; ".join(line.latency.faults)
        for line in lines
        if line.latency is not None and line.latency.faults
    ]


def report_changes(changes: Sequence[Change]) -> str:
    """Return `changes` under a header, each with its band and what is to be thought of it."""
    header = ("model", "figure", "before", "now", "change", "band", "")
    cells = [
        (
            change.line,
            change.figure,
            f"{change.before:.6g}",
            f"{change.after:.6g}",
            f"{change.change:+.2f} {change.unit}",
            f"[{change.low:+.2f}, {change.high:+.2f}]",
            _judge_change(change),
        )
        for change in changes
    ]
    return align_cells([header, *cells])


def _judge_change(change: Change) -> str:
    if change.doubt:
        return f"not judged: not valid {change.doubt}"
    if change.worse:
        return "WORSE"
    return "within noise" if change.low <= 0 <= change.high else ""


def _choose_columns(lines: Sequence[Line]) -> tuple[Column, ...]:
    """Return the columns for which `lines` have figures, and which fit on a screen side by side."""
    scored = any(line.row is not None for line in lines)
    timed = any(line.latency is not None for line in lines)
    references = [line.row.comparison for line in lines if line.row and line.row.comparison]
    return (
        _MODEL,
        *((_ACCURACY if timed else _ACCURACY + _CALIBRATION) if scored else ()),
        *(_TIMES if timed else ()),
        *(_INSTRUCTIONS if any(line.instructions is not None for line in lines) else ()),
        *_SIZES,
        *(_list_compared(references[0].path.name) if references else ()),
        *((_VALID,) if timed else ()),
        *((_DATA,) if scored else ()),
    )


def report_robustness(rows: Sequence[RobustRow], output: Format) -> str:
    """Return `rows`: a line a degradation and a column a model; in JSON and CSV a row a pair."""
    if output is not Format.TEXT:
        return _write([list_robust_fields(row) for row in rows], output)
    lines = pivot_rows(rows)
    header = ("degraded by", *(f"{row.path.name} % [95%]" for row in lines[0]), "images", "data")
    cells = [
        (
            line[0].degradation.name,
            *(format_share(row.accuracy) for row in line),
            str(line[0].n),
            f"{line[0].data} {line[0].split}",
        )
        for line in lines
    ]
    return align_cells([header, *cells])


def pivot_rows(rows: Sequence[RobustRow]) -> list[list[RobustRow]]:
    """Return `rows` by degradation, each with its models in their order."""
    count = len(dict.fromkeys(row.degradation for row in rows))
    return [list(rows[first::count]) for first in range(count)]


def align_cells(cells: Sequence[Sequence[str]]) -> str:
    """Return `cells` in columns: the first and the last hold words, the others figures."""
    last = len(cells[0]) - 1
    widths = [max(len(line[column]) for line in cells) for column in range(last + 1)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in (0, last) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )


def format_share(share: Interval) -> str:
    """Return percent and interval, as `97.51 [97.28-97.72]`."""
    return f"{share.value * 100:.2f} [{share.low * 100:.2f}-{share.high * 100:.2f}]"


def _align(table: Table) -> str:
    header = tuple(column.header for column in table.columns)
    cells = [tuple(column.write(line) for column in table.columns) for line in table.lines]
    return align_cells([header, *cells])


def _is_new_row(lines: Sequence[Line], number: int) -> bool:
    """Whether a line shows other accuracy than the line before, and not only other threads."""
    row = lines[number].row
    return row is not None and (number == 0 or lines[number - 1].row is not row)


def _write(fields: Sequence[Fields], output: Format) -> str:
    if output is Format.JSON:
        return "\n".join(json.dumps(row) for row in fields)
    stream = io.StringIO()
    names = dict.fromkeys(name for row in fields for name in row if name != ANSWERS)  # of no use in a cell
    writer = csv.DictWriter(stream, names, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(fields)
    return stream.getvalue().rstrip("\n")


def _of_row(header: str, write: Callable[[BenchRow], str]) -> Column:
    return Column(header=header, write=lambda line: _ABSENT if line.row is None else write(line.row))


def _of_latency(header: str, write: Callable[[Latency], str]) -> Column:
    return Column(header=header, write=lambda line: _ABSENT if line.latency is None else write(line.latency))


def _of_comparison(header: str, write: Callable[[Comparison], str]) -> Column:
    return _of_row(header, lambda row: _ABSENT if row.comparison is None else write(row.comparison))


def _list_compared(reference: str) -> tuple[Column, ...]:
    return (
        _of_comparison(f"points vs {reference}", lambda compared: f"{compared.difference * 100:+.2f}"),
        _of_comparison("same verdict %", lambda compared: f"{compared.agreement.value * 100:.2f}"),
        _of_comparison("McNemar p", lambda compared: f"{compared.mcnemar.p_value:.3g}"),
    )


def _write_decided(row: BenchRow) -> str:
    return _ABSENT if row.accuracy.decided is None else f"{row.accuracy.decided.value * 100:.2f}"


def _write_memory(latency: Latency) -> str:
    return _ABSENT if latency.peak_rss_bytes is None else f"{latency.peak_rss_bytes.value / 1e6:.1f}"


def _write_partitions(latency: Latency) -> str:
    left = f" + {len(latency.leftover_ops)} ops" if latency.leftover_ops else ""
    return _ABSENT if latency.partitions is None else f"{latency.partitions}{left}"


_MODEL = Column(header="model", write=lambda line: line.path.name)
_DATA = _of_row("data", lambda row: f"{row.data} {row.split}" + (f", {row.note}" if row.note else ""))
_VALID = _of_latency("valid", lambda latency: "yes" if latency.valid else "NO")
_ACCURACY = (
    _of_row("images", lambda row: str(row.accuracy.metrics.n)),
    _of_row("accuracy % [95%]", lambda row: format_share(row.accuracy.metrics.accuracy)),
    _of_row("AUC", lambda row: f"{row.accuracy.metrics.auc.value:.4f}"),
)
_CALIBRATION = (
    _of_row("AP", lambda row: f"{row.accuracy.metrics.ap.value:.4f}"),
    _of_row("EER %", lambda row: f"{row.accuracy.metrics.eer.value * 100:.2f}"),
    _of_row("ECE", lambda row: f"{row.accuracy.metrics.ece.value:.4f}"),
    _of_row("unsure %", lambda row: f"{row.accuracy.unsure.value * 100:.2f}"),
    _of_row("decided %", _write_decided),
)
_SIZES = (
    Column(header="KiB", write=lambda line: f"{line.footprint.size_bytes / 1024:.1f}"),
    Column(header="gzip KiB", write=lambda line: f"{line.footprint.gzip_bytes / 1024:.1f}"),
    Column(header="zeros %", write=lambda line: f"{line.footprint.sparsity * 100:.1f}"),
)
_INSTRUCTIONS = (
    Column(
        header="M instructions",
        write=lambda line: _ABSENT if line.instructions is None else f"{line.instructions / 1e6:.2f}",
    ),
)
_THREADS = _of_latency("threads", lambda latency: str(latency.threads))
_TIMES = (
    _THREADS,
    _of_latency("ms p50", lambda latency: f"{latency.p50_ms.value:.3f}"),
    _of_latency("p90", lambda latency: f"{latency.p90_ms:.3f}"),
    _of_latency("p99", lambda latency: f"{latency.p99_ms:.3f}"),
    _of_latency("images/s", lambda latency: f"{latency.images_per_s.value:.1f}"),
    _of_latency("peak MB", _write_memory),
)
_DETAILS = (
    _THREADS,
    _of_latency("init ms", lambda latency: f"{latency.init_ms.value:.2f}"),
    _of_latency("first ms", lambda latency: f"{latency.first_ms.value:.3f}"),
    _of_latency("decode ms", lambda latency: f"{latency.stages.decode_ms:.3f}"),
    _of_latency("fit ms", lambda latency: f"{latency.stages.fit_ms:.3f}"),
    _of_latency("infer ms", lambda latency: f"{latency.stages.infer_ms:.3f}"),
    _of_latency("decide ms", lambda latency: f"{latency.stages.decide_ms:.3f}"),
    _of_latency("partitions", _write_partitions),
)
