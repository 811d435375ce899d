"""Cutting a photo and its regenerated twin into matching tiles, at native resolution."""

import io
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, JpegImagePlugin

from fakelens.edge_runtime.pictures.preprocess import ImageU8, load_image, open_image

_FLAT_BELOW = 4.0  # standard deviation in grey levels: flatter tiles hold no trace to learn
_SHIFT_PX = 8  # a photo's grid starts at random, so that a trace has no fixed place in a tile


@dataclass(frozen=True, kw_only=True)
class TileGrid:
    """Which tiles of a photo are used."""

    size: int  # px
    top: int
    left: int
    cells: tuple[tuple[int, int], ...]  # (row, column)

    def cut(self, photo: ImageU8, cell: tuple[int, int]) -> ImageU8:
        """Return the tile at `cell`, uint8 [size, size, 3]."""
        top, left = self.top + cell[0] * self.size, self.left + cell[1] * self.size
        return photo[top : top + self.size, left : left + self.size]

    def sample(self, count: int, rng: np.random.Generator) -> "TileGrid":
        """Return the grid with at most `count` of its cells, in order."""
        chosen = np.sort(rng.permutation(len(self.cells))[:count])
        return replace(self, cells=tuple(self.cells[index] for index in chosen))


def plan_tiles(photo: ImageU8, size: int, margin: int, rng: np.random.Generator) -> TileGrid:
    """Lay non-overlapping tiles of `size` px over `photo`, `margin` px from its border, without flat ones."""
    height, width = (max(0, side - 2 * margin - size) for side in photo.shape[:2])
    top, left = (margin + int(rng.integers(0, min(_SHIFT_PX, room + 1))) for room in (height, width))
    rows = (photo.shape[0] - margin - top) // size
    columns = (photo.shape[1] - margin - left) // size
    grid = TileGrid(size=size, top=top, left=left, cells=())
    cells = tuple(
        cell
        for cell in ((row, column) for row in range(rows) for column in range(columns))
        if grid.cut(photo, cell).std() >= _FLAT_BELOW
    )
    return replace(grid, cells=cells)


def compress_like(photo: Path, regenerated: ImageU8) -> ImageU8:
    """Give `regenerated` the JPEG history of `photo`, where it has one: same tables, same subsampling.

    Otherwise the reals of JPEG photos would be recognized by their compression, not the fakes by their trace.
    """
    encoding = _read_encoding(photo)
    if encoding is None:
        return regenerated
    return np.asarray(load_image(encoding.encode(regenerated)), dtype=np.uint8)


def save_like(photo: Path, image_u8: ImageU8, stem: Path) -> Path:
    """Write `image_u8` beside `stem`, encoded as `compress_like` does; return the file, .jpg or .png."""
    encoding = _read_encoding(photo)
    path = stem.with_name(f"{stem.name}{'.png' if encoding is None else '.jpg'}")
    if encoding is None:
        Image.fromarray(image_u8).save(path, "PNG")
    else:
        path.write_bytes(encoding.encode(image_u8))
    return path


@dataclass(frozen=True, kw_only=True)
class _JpegEncoding:
    """How a JPEG file was compressed."""

    tables: dict[int, list[int]]
    subsampling: int
    mode: str

    def encode(self, image_u8: ImageU8) -> bytes:
        buffer = io.BytesIO()
        image = Image.fromarray(image_u8).convert(self.mode)
        image.save(buffer, "JPEG", qtables=self.tables, subsampling=self.subsampling)
        return buffer.getvalue()


def _read_encoding(photo: Path) -> _JpegEncoding | None:
    """Return how `photo` was compressed, from its header; None for what is not JPEG."""
    with open_image(photo) as header:
        if not isinstance(header, JpegImagePlugin.JpegImageFile):
            return None
        return _JpegEncoding(
            tables=header.quantization,
            subsampling=JpegImagePlugin.get_sampling(header),
            mode="L" if header.mode == "L" else "RGB",
        )


def save_tile(path: Path, tile: ImageU8) -> None:
    """Write `tile` as PNG without compression: a smoother tile must not make a smaller file."""
    Image.fromarray(tile).save(path, "PNG", compress_level=0)
