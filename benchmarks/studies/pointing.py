"""Does the heatmap point at what was manipulated? The pointing game (Zhang et al. 2018).

Run as `python -m fakelens.benchmarks.studies.pointing MODEL --data DATA`: of each fake test image with a mask
(fake/a.jpg and mask/a.png) the hottest tile of `check --heatmap` is a hit where its middle is white in the
mask. A tile placed at random would hit as often as the mask covers the image.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.labelled import find_mask
from fakelens.benchmarks.metrics import wilson_interval
from fakelens.benchmarks.studies.evidence import choose_images
from fakelens.benchmarks.tables import format_share, format_table
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.edge_runtime.progress import show_progress


@dataclass(frozen=True, kw_only=True)
class Pointing:
    """One image: whether the hottest tile hit, and how likely a random one would have."""

    source: str
    hit: bool
    share: float  # of the possible middles of tiles that are white


def pointing(
    model: Annotated[str, typer.Argument(help="A model file or a release model's name.")],
    data: Annotated[Path, typer.Option(help="Folder with a folder for each source, some with masks.")],
    limit: Annotated[
        int | None,
        typer.Option(metavar="N", help="Measure on N images of each source and class, not on all."),
    ] = None,
) -> None:
    """Print as Markdown how often the hottest place of the heatmap lies in the manipulated region."""
    results = point_all(Detector(model), data, limit)
    lines = []
    for source in [*dict.fromkeys(result.source for result in results), "all"]:
        group = [result for result in results if source in (result.source, "all")]
        hits = wilson_interval(sum(result.hit for result in group), len(group))
        chance = float(np.mean([result.share for result in group]))
        lines.append((source, f"{len(group):,}", format_share(hits), f"{chance:.1%}"))
    typer.echo(format_table(("manipulation", "images", "hottest tile inside", "by chance"), lines))


def point_all(detector: Detector, data: Path, limit: int | None = None) -> list[Pointing]:
    """Return a result for each manipulated test image; `UsageError` where there is none, or no heatmap."""
    images = [(image, find_mask(image.path)) for image in choose_images(data, limit) if image.label]
    masked = [(image, mask) for image, mask in images if mask is not None]
    if not masked:
        raise UsageError(
            f"{data}: no fake test image has a mask (mask/ beside fake/, PNGs of the same names)"
        )
    return [
        _point(detector, image.source, image.path, mask)
        for image, mask in show_progress(masked, "pointing", len(masked))
    ]


def _point(detector: Detector, source: str, path: Path, mask: Path) -> Pointing:
    picture = load_image(path)
    regions = detector.map_regions(picture)
    if not regions:
        raise UsageError(f"{detector.contract.name} looks at an image as a whole: it has no heatmap")
    white = np.asarray(load_image(mask), np.uint8)[..., 0] > 127
    middles = np.array([(r.top + r.size // 2, r.left + r.size // 2) for r in regions])
    inside = white[tuple(np.minimum(middles, np.array(white.shape) - 1).T)]
    hottest = int(np.argmax([region.p_fake for region in regions]))
    return Pointing(source=source, hit=bool(inside[hottest]), share=float(inside.mean()))


if __name__ == "__main__":
    run_command(pointing)
