"""A TIFF that Pillow would read wrongly is refused with its form."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.preprocess import load_image

Array = npt.NDArray[Any]
GREY = np.linspace(0, 255, 256).reshape(16, 16)
COLOURS = np.stack([GREY, GREY.T, GREY[::-1]])


def encode(values: Array, **options: Any) -> bytes:
    tifffile = pytest.importorskip("tifffile")
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("values", "options", "reason"),
    [
        (
            (COLOURS * 257).astype(np.uint16),
            {"photometric": "rgb", "planarconfig": "separate"},
            "a TIFF that keeps colours of 16 bits apart, without compression, which is not read here",
        ),
        ((GREY - 128).astype(np.int8), {}, "a TIFF that holds numbers of 8 bits with a sign"),
        (
            (GREY / 255).astype(np.float32),
            {"byteorder": ">", "compression": "zlib"},
            "a TIFF that holds compressed numbers of 32 bits, their highest byte first",
        ),
    ],
    ids=["planes", "signed", "turned twice"],
)
def test_what_would_come_out_wrong_is_refused(values: Array, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ImageError, match=f"{reason}.*save it as PNG or with 8 bits"):
        load_image(encode(values, **options))


def test_its_neighbours_come_out_right() -> None:
    right = np.moveaxis(COLOURS.astype(int), 0, -1)
    for values, options in (
        (COLOURS.astype(np.uint8), {"planarconfig": "separate"}),
        ((COLOURS * 257).astype(np.uint16), {"planarconfig": "separate", "compression": "zlib"}),
        ((COLOURS * 257).astype(np.uint16).transpose(1, 2, 0), {"planarconfig": "contig"}),
    ):
        pixels = np.asarray(load_image(encode(values, photometric="rgb", **options))).astype(int)
        assert np.abs(pixels - right).max() <= 1
    signed = np.asarray(load_image(encode((GREY * 128).astype(np.int16)))).astype(int)
    assert np.abs(signed[..., 0] - GREY).max() <= 2
