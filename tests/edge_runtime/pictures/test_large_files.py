"""A very large file that is no picture for most of its length is refused before it costs time or memory."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures import large_files
from fakelens.edge_runtime.pictures.preprocess import load_image

_SPARSE_BYTES = 4 << 30


def write_sparse(path: Path, head: bytes) -> Path:
    with path.open("wb") as file:
        file.write(head)
        file.truncate(_SPARSE_BYTES)
    return path


@pytest.mark.parametrize(
    "head",
    [
        b"RIFF\xff\xff\xff\x7fWEBPVP8 \xff\xff\xff\x7f",
        b"\0\0\0\x18ftypavif\0\0\0\0mif1avif",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\xff\x0a",
    ],
    ids=["WebP", "AVIF", "HEIC", "JPEG XL"],
)
def test_what_a_decoder_would_read_at_once_is_bounded(head: bytes, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"has 4\.3 GB, which would be read at once|pip install"):
        load_image(write_sparse(tmp_path / "sparse", head))


def test_a_search_byte_by_byte_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_files, "_MOST_SINGLE_READS", 10_000)
    path = write_sparse(tmp_path / "sparse.gif", b"GIF89a\x10\0\x10\0\0\0\0")
    with pytest.raises(ImageError, match="damaged: nothing of a picture follows"):
        load_image(path)


def test_a_picture_that_zeros_follow_is_one(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8))
    photo.save(path)
    assert load_image(write_sparse(path, path.read_bytes())).tobytes() == photo.tobytes()
