"""Writing measured figures into the file they were measured on."""

from collections.abc import Sequence
from dataclasses import replace

from fakelens.benchmarks.bench.rows import BenchRow
from fakelens.benchmarks.metrics import Interval
from fakelens.benchmarks.scoring.battery import Kind
from fakelens.benchmarks.scoring.robustness import RobustRow
from fakelens.edge_runtime.modelfile.container import read_model, replace_contract
from fakelens.edge_runtime.modelfile.contract import Measurement


def write_cards(rows: Sequence[BenchRow] | Sequence[RobustRow]) -> None:
    """Add the figures of `rows` to their model files.

    Earlier figures of the same metric, data, split and note give way; the graph stays byte for byte.
    """
    for path in dict.fromkeys(row.path for row in rows):
        model = read_model(path)
        entries = {_key(entry): entry for entry in model.contract.measured}
        for row in rows:
            if row.path == path:
                found = list_measurements(row) if isinstance(row, BenchRow) else _list_robust(row)
                entries |= {_key(entry): entry for entry in found}
        replace_contract(model, replace(model.contract, measured=tuple(entries.values())))


def list_measurements(row: BenchRow) -> list[Measurement]:
    """Return the figures of `row` as entries of the model card."""
    metrics = row.accuracy.metrics
    n = metrics.n
    figures: list[tuple[str, Interval | None, int]] = [
        ("accuracy", metrics.accuracy, n),
        ("auc", metrics.auc, n),
        ("ap", metrics.ap, n),
        ("eer", metrics.eer, n),
        ("ece", metrics.ece, n),
        ("unsure", row.accuracy.unsure, n),
        ("decided_accuracy", row.accuracy.decided, row.accuracy.decided_n),
    ]
    return [
        Measurement(
            metric=name,
            value=figure.value,
            low=figure.low,
            high=figure.high,
            n=count,
            data=row.data,
            split=row.split,
            note=row.note,
        )
        for name, figure, count in figures
        if figure is not None
    ]


def _list_robust(row: RobustRow) -> list[Measurement]:
    if row.degradation.kind is Kind.CLEAN:
        return []  # `list_measurements` tells it, with all the other figures of clean images
    return [
        Measurement(
            metric="accuracy",
            value=row.accuracy.value,
            low=row.accuracy.low,
            high=row.accuracy.high,
            n=row.n,
            data=row.data,
            split=row.split,
            note=row.degradation.name,
        )
    ]


def _key(entry: Measurement) -> tuple[str, str, str, str]:
    return entry.metric, entry.data, entry.split, entry.note
