"""Rows of a bench as a table for people, JSON lines and CSV for programs."""

import csv
import io
import json
from collections.abc import Mapping, Sequence

from fakelens.benchmarks.bench import BenchRow
from fakelens.benchmarks.card import list_measurements
from fakelens.benchmarks.comparison import Comparison
from fakelens.benchmarks.metrics import Interval
from fakelens.benchmarks.robustness import RobustRow
from fakelens.edge_runtime.sinks import Format

Fields = Mapping[str, str | int | float]

_HEADER = (
    *("model", "images", "accuracy % [95%]", "AUC", "AP", "EER %", "ECE", "unsure %", "decided %"),
    *("KiB", "gzip KiB", "ms p50", "data"),
)
_COMPARED = ("points vs {}", "same verdict %", "McNemar p")


def report_accuracy(rows: Sequence[BenchRow], output: Format) -> str:
    """Return `rows`: a line each under a header; in JSON and CSV shares are 0 to 1."""
    if output is Format.TEXT:
        return _align([_name_columns(rows[0].comparison), *(_to_cells(row) for row in rows)])
    return _write([_to_fields(row) for row in rows], output)


def report_robustness(rows: Sequence[RobustRow], output: Format) -> str:
    """Return `rows`: a line a degradation and a column a model; in JSON and CSV a row a pair."""
    if output is not Format.TEXT:
        return _write([_to_robust_fields(row) for row in rows], output)
    lines = pivot_rows(rows)
    header = ("degraded by", *(f"{row.path.name} % [95%]" for row in lines[0]), "images", "data")
    cells = [
        (
            line[0].degradation.name,
            *(_format_share(row.accuracy) for row in line),
            str(line[0].n),
            f"{line[0].data} {line[0].split}",
        )
        for line in lines
    ]
    return _align([header, *cells])


def pivot_rows(rows: Sequence[RobustRow]) -> list[list[RobustRow]]:
    """Return `rows` by degradation, each with its models in their order."""
    count = len(dict.fromkeys(row.degradation for row in rows))
    return [list(rows[first::count]) for first in range(count)]


def _align(cells: Sequence[Sequence[str]]) -> str:
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


def _write(fields: Sequence[Fields], output: Format) -> str:
    if output is Format.JSON:
        return "\n".join(json.dumps(row) for row in fields)
    stream = io.StringIO()
    writer = csv.DictWriter(
        stream, dict.fromkeys(name for row in fields for name in row), lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(fields)
    return stream.getvalue().rstrip("\n")


def _name_columns(comparison: Comparison | None) -> tuple[str, ...]:
    if comparison is None:
        return _HEADER
    points, *others = _COMPARED
    return (*_HEADER[:-1], points.format(comparison.path.name), *others, _HEADER[-1])


def _to_cells(row: BenchRow) -> tuple[str, ...]:
    metrics, decided = row.accuracy.metrics, row.accuracy.decided
    compared = row.comparison
    return (
        row.path.name,
        str(metrics.n),
        _format_share(metrics.accuracy),
        f"{metrics.auc.value:.4f}",
        f"{metrics.ap.value:.4f}",
        f"{metrics.eer.value * 100:.2f}",
        f"{metrics.ece.value:.4f}",
        f"{row.accuracy.unsure.value * 100:.2f}",
        f"{decided.value * 100:.2f}" if decided else "-",
        f"{row.footprint.size_bytes / 1024:.1f}",
        f"{row.footprint.gzip_bytes / 1024:.1f}",
        f"{row.latency_p50_ms:.3f}",
        *(() if compared is None else _to_compared_cells(compared)),
        f"{row.data} {row.split}" + (f", {row.note}" if row.note else ""),
    )


def _to_compared_cells(compared: Comparison) -> tuple[str, ...]:
    return (
        f"{compared.difference * 100:+.2f}",
        f"{compared.agreement.value * 100:.2f}",
        f"{compared.mcnemar.p_value:.3g}",
    )


def _format_share(share: Interval) -> str:
    return f"{share.value * 100:.2f} [{share.low * 100:.2f}-{share.high * 100:.2f}]"


def _to_fields(row: BenchRow) -> Fields:
    counts = row.accuracy.metrics.confusion
    fields: dict[str, str | int | float] = {
        "model": row.contract.name,
        "file": str(row.path),
        "data": row.data,
        "split": row.split,
        "note": row.note,
        "n": row.accuracy.metrics.n,
        "unreadable": len(row.errors),
    }
    for entry in list_measurements(row):
        fields |= _to_interval_fields(
            entry.metric, Interval(value=entry.value, low=entry.low, high=entry.high)
        )
    return (
        fields
        | {
            "real_as_real": counts.real_as_real,
            "real_as_fake": counts.real_as_fake,
            "fake_as_real": counts.fake_as_real,
            "fake_as_fake": counts.fake_as_fake,
            "size_bytes": row.footprint.size_bytes,
            "gzip_bytes": row.footprint.gzip_bytes,
            "latency_p50_ms": round(row.latency_p50_ms, 4),
            "threads": row.threads,
        }
        | ({} if row.comparison is None else _to_compared_fields(row.comparison))
    )


def _to_compared_fields(compared: Comparison) -> dict[str, str | int | float]:
    return {
        "reference": str(compared.path),
        **_to_interval_fields("reference_accuracy", compared.accuracy),
        "difference_points": round(compared.difference * 100, 4),
        **_to_interval_fields("agreement", compared.agreement),
        "only_model_right": compared.mcnemar.only_a,
        "only_reference_right": compared.mcnemar.only_b,
        "mcnemar_p": float(f"{compared.mcnemar.p_value:.6g}"),  # may be far below any decimal place
    }


def _to_robust_fields(row: RobustRow) -> Fields:
    return {
        "model": row.contract.name,
        "file": str(row.path),
        "data": row.data,
        "split": row.split,
        "degradation": row.degradation.name,
        "kind": str(row.degradation.kind),
        "strength": float(row.degradation.strength),
        "n": row.n,
        "unreadable": len(row.errors),
        **_to_interval_fields("accuracy", row.accuracy),
    }


def _to_interval_fields(name: str, interval: Interval) -> dict[str, float]:
    return {
        name: round(interval.value, 6),
        f"{name}_low": round(interval.low, 6),
        f"{name}_high": round(interval.high, 6),
    }
