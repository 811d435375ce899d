"""The parts of a collage are its pictures, without the lines between them."""

from pathlib import Path

import numpy as np
from PIL import Image

from fakelens.train.data.collages import cut_collages
from fakelens.train.data.leave_out import Grid

DIGEST = "0123456789abcdef0123"


def make_collage(path: Path, size: tuple[int, int], columns: int, rows: int) -> None:
    """Save pictures of one grey each, the first the darkest, with white lines of 8 px between them."""
    collage = Image.new("RGB", size, "white")
    width, height = size[0] // columns, size[1] // rows
    for place in range(columns * rows):
        row, column = divmod(place, columns)
        part = Image.new("RGB", (width - 8, height - 8), (20 * place,) * 3)
        collage.paste(part, (column * width + 4, row * height + 4))
    collage.save(path, lossless=True)


def test_the_parts_lie_beside_their_collage_row_by_row(tmp_path: Path) -> None:
    make_collage(tmp_path / f"{DIGEST}.webp", (900, 600), 3, 2)
    (tmp_path / "another.png").write_bytes(b"no collage, so not opened")
    assert cut_collages(tmp_path, {DIGEST: Grid(columns=3, rows=2)}) == 6
    parts = [tmp_path / f"{DIGEST}-{row}{column}.png" for row in range(2) for column in range(3)]
    pixels = [np.asarray(Image.open(path)) for path in parts]
    assert [part.shape for part in pixels] == [(282, 282, 3)] * 6
    assert [np.unique(part).tolist() for part in pixels] == [[20 * place] for place in range(6)]


def test_parts_that_are_there_stay(tmp_path: Path) -> None:
    make_collage(tmp_path / f"{DIGEST}.png", (400, 400), 2, 1)
    (tmp_path / f"{DIGEST}-01.png").write_bytes(b"there")
    assert cut_collages(tmp_path, {DIGEST: Grid(columns=2, rows=1)}) == 2
    assert (tmp_path / f"{DIGEST}-01.png").read_bytes() == b"there"
    assert cut_collages(tmp_path, {DIGEST: Grid(columns=2, rows=1)}) == 2


def test_parts_too_small_to_show_anything_are_not_cut(tmp_path: Path) -> None:
    make_collage(tmp_path / f"{DIGEST}.png", (600, 600), 4, 4)
    assert cut_collages(tmp_path, {DIGEST: Grid(columns=4, rows=4)}) == 0
    assert cut_collages(tmp_path / "gone", {}) == 0
