"""Tables of the README, as Markdown: release models, object classes, degradations, published results."""

from collections.abc import Sequence

import numpy as np

from fakelens.benchmarks.bench.report import pivot_rows
from fakelens.benchmarks.bench.rows import BenchRow
from fakelens.benchmarks.metrics import wilson_interval
from fakelens.benchmarks.scoring.accuracy import mark_correct
from fakelens.benchmarks.scoring.robustness import RobustRow
from fakelens.benchmarks.studies.cifake import OBJECTS, PublishedModel, name_object
from fakelens.benchmarks.tables import KB, format_share, format_table


def format_models(rows: Sequence[BenchRow]) -> str:
    """Return a line per model: size, accuracy on all images and without the excluded ones, calibration."""
    models = [row for row in rows if not row.note]
    cuts = {row.path: row for row in rows if row.note}
    n = models[0].accuracy.metrics.n
    left_out = [n - row.accuracy.metrics.n for row in cuts.values()]
    header = (
        *("model", "file", "parameters", f"{models[0].split} accuracy, {n:,} images"),
        *(f"without {count} duplicate{'s' if count > 1 else ''}" for count in left_out[:1]),
        *("AUC", "ECE", "UNSURE", "accuracy of the rest"),
    )
    return format_table(header, [_to_cells(row, cuts.get(row.path)) for row in models])


def format_objects(rows: Sequence[BenchRow]) -> str:
    """Return a line per object class of CIFAKE and a column per model: accuracy on reals and fakes."""
    models = [row for row in rows if not row.note]
    shown = np.array([name_object(image.path) for image in models[0].scores.images])
    right = [mark_correct(row.scores, row.contract.decision) for row in models]
    lines = []
    for name in OBJECTS:
        of_class = shown == name
        n = int(np.sum(of_class))
        if n:
            shares = [wilson_interval(int(np.sum(each[of_class])), n) for each in right]
            lines.append((name, f"{n:,}", *map(format_share, shares)))
    return format_table(("object", "images", *_name_columns(models)), lines)


def format_robustness(rows: Sequence[RobustRow]) -> str:
    """Return a line per degradation and a column per model: accuracy."""
    lines = pivot_rows(rows)
    header = (f"degraded by, {rows[0].n:,} images", *_name_columns(lines[0]))
    return format_table(
        header, [(line[0].degradation.name, *(format_share(row.accuracy) for row in line)) for line in lines]
    )


def format_published(models: Sequence[PublishedModel]) -> str:
    """Return a line per published float model."""
    header = ("published model, float", "parameters", "as float32", "test accuracy", "source")
    return format_table(
        header,
        [
            (
                model.name,
                f"{model.parameters / 1e6:.2f}M",
                f"{model.size_bytes / KB:,.0f} KB",
                f"{model.accuracy * 100:.2f}%",
                model.source,
            )
            for model in models
        ],
    )


def _to_cells(row: BenchRow, cut: BenchRow | None) -> tuple[str, ...]:
    accuracy = row.accuracy
    return (
        f"`{row.contract.name}`",
        f"{row.footprint.size_bytes / KB:.0f} KB",
        f"{row.contract.training.parameters:,}",
        format_share(accuracy.metrics.accuracy),
        *(() if cut is None else (format_share(cut.accuracy.metrics.accuracy),)),
        f"{accuracy.metrics.auc.value:.4f}",
        f"{accuracy.metrics.ece.value:.4f}",
        f"{accuracy.unsure.value * 100:.1f}%",
        format_share(accuracy.decided) if accuracy.decided else "-",
    )


def _name_columns(rows: Sequence[BenchRow] | Sequence[RobustRow]) -> list[str]:
    return [f"`{row.contract.name}`" for row in rows]
