"""The pictures within a collage, each as a picture of its own.

Galleries show four or nine pictures of a generator in one file. The lines between them give the whole
away, so that nothing is to be learned from it, but from what lies between them.
"""

from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.pictures.encode import encode_png
from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.train.data.leave_out import Grid

_MARGIN = 0.03  # of a part's width and height, cut off at each side: lines and rounded corners lie there
_LEAST_PX = 160  # of a part's shorter side, below which it shows too little


def cut_collages(folder: Path, collages: Mapping[str, Grid]) -> int:
    """Write the parts of the `collages` in `folder` beside them, DIGEST-<row><column>.png; return how many.

    `collages` are grids by digest; a file is found by the name that `photo_sources` gives it. Parts that are
    there stay. Raises `ImageError` for a collage that cannot be decoded.
    """
    count = 0
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        grid = collages.get(path.stem)
        if grid is not None:
            for place, part in _cut(load_image(path), grid).items():
                target = path.with_name(f"{path.stem}-{place}.png")
                if not target.exists():
                    write_atomic(target, encode_png(part))
                count += 1
    return count


def _cut(collage: Image.Image, grid: Grid) -> dict[str, Image.Image]:
    """Return the parts of `collage` by row and column, none where they are too small."""
    width, height = collage.width / grid.columns, collage.height / grid.rows
    if min(width, height) * (1 - 2 * _MARGIN) < _LEAST_PX:
        return {}
    across, down = width * _MARGIN, height * _MARGIN
    return {
        f"{row}{column}": collage.crop(
            (
                round(column * width + across),
                round(row * height + down),
                round((column + 1) * width - across),
                round((row + 1) * height - down),
            )
        )
        for row in range(grid.rows)
        for column in range(grid.columns)
    }
