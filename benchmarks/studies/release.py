"""Every figure of the release tables in docs/results.md, from the committed model files themselves.

Run as `python -m fakelens.benchmarks.studies.release --data CIFAKE`; prints Markdown.
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.bench.rows import BenchRow, bench
from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.plots import SizedModel
from fakelens.benchmarks.scoring.choice import BenchConfig
from fakelens.benchmarks.scoring.robustness import measure_robustness
from fakelens.benchmarks.studies.cifake import PUBLISHED
from fakelens.benchmarks.studies.markdown import (
    format_models,
    format_objects,
    format_published,
    format_robustness,
)
from fakelens.benchmarks.studies.size_plot import plot_landscape
from fakelens.benchmarks.tables import KB
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.modelfile.library import list_models


def release(
    data: Annotated[Path, typer.Option(help="CIFAKE, unpacked: test/REAL and test/FAKE.")],
    exclude: Annotated[
        Path | None, typer.Option(help="List of the test images that are copies of training images.")
    ] = None,
    robust: Annotated[bool, typer.Option("--robust", help="Also measure on degraded images.")] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Also draw accuracy against file size.")
    ] = None,
    models: Annotated[str, typer.Option(help="How the names of the models begin.")] = "cifake",
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Measure on N images of each class, not on all.")
    ] = None,
) -> None:
    """Print the release tables as Markdown: models, object classes, degraded images, published models."""
    names = tuple(name for name in list_models() if name.startswith(models))
    if not names:
        raise UsageError(f"no release model begins with '{models}'; there are: {', '.join(list_models())}")
    if plot is not None:
        _check_plot(plot)
    config = BenchConfig(models=names, data=data, exclude=exclude, limit=limit)
    rows = list(bench(config))
    if rows[0].errors:
        raise UsageError(
            f"release figures need every image, {len(rows[0].errors)} unread: {rows[0].errors[0]}"
        )
    tables = [format_models(rows), format_objects(rows), format_published(PUBLISHED)]
    if robust:
        tables.insert(2, format_robustness(measure_robustness(replace(config, exclude=None))))
    typer.echo("\n\n".join(tables))
    if plot is not None:
        write_atomic(plot, _draw_sizes(rows))


def _draw_sizes(rows: list[BenchRow]) -> bytes:
    """Return a PNG of accuracy against size: the models of `rows` on all images, and published ones."""
    files = [
        SizedModel(
            name=row.contract.name,
            size_kb=row.footprint.size_bytes / KB,
            accuracy=row.accuracy.metrics.accuracy.value,
            interval=row.accuracy.metrics.accuracy,
        )
        for row in rows
        if not row.note
    ]
    published = [
        SizedModel(name=model.name, size_kb=model.size_bytes / KB, accuracy=model.accuracy)
        for model in PUBLISHED
    ]
    return plot_landscape("Accuracy on CIFAKE's test images against size", files, published)


def _check_plot(path: Path) -> None:
    """Raise what drawing to `path` would fail with, before minutes of measuring."""
    require_extra("train", "matplotlib")
    if path.suffix.lower() != ".png":
        raise UsageError(f"{path}: the plot is a PNG, give a name that ends in .png")


if __name__ == "__main__":
    run_command(release)
