"""Rows of a bench as a table for people, JSON lines and CSV for programs."""

import csv
import io
import json
from collections.abc import Sequence

from fakelens.benchmarks.bench import BenchRow
from fakelens.benchmarks.card import list_measurements

_HEADER = (
    *("model", "images", "accuracy % [95%]", "AUC", "AP", "EER %", "ECE", "unsure %", "decided %"),
    *("KiB", "gzip KiB", "ms p50", "data"),
)
_LEFT = (0, len(_HEADER) - 1)  # columns of words


def format_table(rows: Sequence[BenchRow]) -> str:
    """Return `rows` as aligned text, one line a row under a header."""
    cells = [_HEADER, *(_to_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADER))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in _LEFT else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )


def format_json(rows: Sequence[BenchRow]) -> str:
    """Return one JSON object a line; shares are 0 to 1, each metric with its `_low` and `_high`."""
    return "\n".join(json.dumps(_to_fields(row)) for row in rows)


def format_csv(rows: Sequence[BenchRow]) -> str:
    """Return a header and one line a row, the columns being the fields of `format_json`."""
    fields = [_to_fields(row) for row in rows]
    names = dict.fromkeys(name for row in fields for name in row)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(fields)
    return stream.getvalue().rstrip("\n")


def _to_cells(row: BenchRow) -> tuple[str, ...]:
    metrics, decided = row.accuracy.metrics, row.accuracy.decided
    accuracy = metrics.accuracy
    return (
        row.path.name,
        str(metrics.n),
        f"{accuracy.value:.2%} [{accuracy.low:.2%}-{accuracy.high:.2%}]".replace("%", ""),
        f"{metrics.auc.value:.4f}",
        f"{metrics.ap.value:.4f}",
        f"{metrics.eer.value * 100:.2f}",
        f"{metrics.ece.value:.4f}",
        f"{row.accuracy.unsure.value * 100:.2f}",
        f"{decided.value * 100:.2f}" if decided else "-",
        f"{row.footprint.size_bytes / 1024:.1f}",
        f"{row.footprint.gzip_bytes / 1024:.1f}",
        f"{row.latency_p50_ms:.3f}",
        f"{row.data} {row.split}" + (f", {row.note}" if row.note else ""),
    )


def _to_fields(row: BenchRow) -> dict[str, str | int | float]:
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
        fields[entry.metric] = round(entry.value, 6)
        fields[f"{entry.metric}_low"] = round(entry.low, 6)
        fields[f"{entry.metric}_high"] = round(entry.high, 6)
    return fields | {
        "real_as_real": counts.real_as_real,
        "real_as_fake": counts.real_as_fake,
        "fake_as_real": counts.fake_as_real,
        "fake_as_fake": counts.fake_as_fake,
        "size_bytes": row.footprint.size_bytes,
        "gzip_bytes": row.footprint.gzip_bytes,
        "latency_p50_ms": round(row.latency_p50_ms, 4),
        "threads": row.threads,
    }
