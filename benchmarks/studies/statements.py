"""Statements that files make about themselves: false ones on photos, hits on files of generators.

Run as `python -m fakelens.benchmarks.studies.statements DATA`: DATA has real/ and fake/ folders, one pair
for each source, as for training. `--re-encoded` asks again after a JPEG of quality 85, which is what a
re-encoding leaves: nothing. `--as-png` saves each picture as PNG, to look for marks in its pixels alone.
"""

import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.labelled import LabelledImage, find_labelled, limit_sources
from fakelens.benchmarks.metrics import wilson_interval
from fakelens.benchmarks.tables import format_share, format_table
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig, decode_image, load_image
from fakelens.edge_runtime.progress import show_progress
from fakelens.edge_runtime.provenance.evidence import Evidence, Strength
from fakelens.edge_runtime.provenance.inspection import Inspection
from fakelens.edge_runtime.workers import map_in_order

_QUALITY = 85
_FALSE_ON_REAL = (Strength.DECLARES_GENERATED, Strength.DECLARES_EDITED)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One file: its truth, and the strengths of its statements."""

    image: LabelledImage
    evidence: tuple[Evidence, ...]


def statements(
    data: Annotated[Path, typer.Argument(help="Folder with a folder for each source.")],
    re_encoded: Annotated[
        bool, typer.Option("--re-encoded", help="Ask what is left after a JPEG of quality 85.")
    ] = False,
    as_png: Annotated[
        bool, typer.Option("--as-png", help="Ask the pixels of each picture, saved as PNG.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Ask N files of each source and class, not all.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Files asked side by side.")] = 1,
) -> None:
    """Print as Markdown which share of each source's files makes which statement."""
    images = find_labelled(data)
    if limit is not None:
        images = limit_sources(images, limit)
    results = ask_all(images, re_encoded=re_encoded, as_png=as_png, threads=threads)
    lines = []
    groups = dict.fromkeys((result.image.label, result.image.source) for result in results)
    for label, source in sorted(groups):
        group = [r for r in results if (r.image.label, r.image.source) == (label, source)]
        counts = count_files(group)
        lines.append(
            (
                source,
                "fake" if label else "real",
                f"{len(group):,}",
                *(f"{counts[strength]:,}" if counts[strength] else "" for strength in Strength),
            )
        )
    typer.echo(format_table(("source", "class", "files", *Strength), lines))
    for label, name in ((0, "photos"), (1, "files of generators")):
        group = [result for result in results if result.image.label == label]
        for strength in _FALSE_ON_REAL:
            share = wilson_interval(count_files(group)[strength], len(group))
            typer.echo(
                f"{strength} on {len(group):,} {name}: {count_files(group)[strength]} ({format_share(share)})"
            )
    for result in results:
        for item in result.evidence:
            if result.image.label == 0 and item.strength in _FALSE_ON_REAL:
                typer.echo(f"{result.image.path}: {item.to_line()}", err=True)


def ask_all(
    images: list[LabelledImage], *, re_encoded: bool = False, as_png: bool = False, threads: int = 1
) -> list[Asked]:
    """Return what each of `images` says of itself, in their order."""
    ask = partial(_ask, re_encoded=re_encoded, as_png=as_png)
    return list(show_progress(map_in_order(ask, images, threads), "asking", len(images)))


def count_files(results: Iterable[Asked]) -> Counter[Strength]:
    """Return how many files make a statement of each strength."""
    return Counter(strength for result in results for strength in {item.strength for item in result.evidence})


def _ask(image: LabelledImage, *, re_encoded: bool, as_png: bool) -> Asked:
    source: Path | bytes = image.path
    try:
        if re_encoded or as_png:
            buffer = io.BytesIO()
            load_image(image.path).save(
                buffer, "PNG" if as_png else "JPEG", quality=_QUALITY, compress_level=1
            )
            source = buffer.getvalue()
        inspection = Inspection(source)
        if as_png or _is_lossless(image.path):
            decode_image(source, DecodeConfig(), see=inspection.see)
    except ImageError:  # what cannot be decoded may speak all the same
        inspection = Inspection(image.path)
    return Asked(image=image, evidence=inspection.conclude())


def _is_lossless(path: Path) -> bool:
    return path.suffix.lower() in (".png", ".webp")


if __name__ == "__main__":
    run_command(statements)
