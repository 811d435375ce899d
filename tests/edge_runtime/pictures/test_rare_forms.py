"""A JPEG or TIFF that is intact and not decoded here is called what it is, not damaged."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.preprocess import load_image

PHOTO = Image.fromarray(np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8))


def encode_jpeg(*, bits: int = 8, height: int = 16, marker: int = 0xC0) -> bytes:
    buffer = io.BytesIO()
    PHOTO.save(buffer, "JPEG")
    content = bytearray(buffer.getvalue())
    place = content.index(b"\xff\xc0")
    content[place + 1] = marker
    content[place + 4] = bits
    content[place + 5 : place + 7] = height.to_bytes(2, "big")
    return bytes(content)


def encode_tiff(bits: int, form: int, photometric: int = 1, compression: int = 1) -> bytes:
    tags = [(256, 4), (257, 4), (258, bits), (259, compression), (262, photometric), (273, 150)]
    tags += [(277, 1), (278, 4), (279, 64), (339, form)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + b"\0" * 100


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (encode_jpeg(bits=12), "a JPEG that is not decoded here (12 bits, of a rare form): save it as PNG"),
        (encode_jpeg(marker=0xF7), "a JPEG that is not decoded here (8 bits, JPEG-LS)"),
        (encode_jpeg(height=0), "a JPEG that is not decoded here (its height is not in its header)"),
        (
            encode_tiff(64, 3),
            "a TIFF of a form that is not decoded here (floating-point numbers of 64 bits): save it as PNG",
        ),
        (encode_tiff(32, 1, photometric=0), "(whole numbers of 32 bits, 0 is white)"),
        (
            encode_tiff(16, 1, photometric=32844, compression=34676),
            "(whole numbers of 16 bits, compression 34676)",
        ),
        (b"MM\0+\0\x08\0\0" + b"\0" * 50, "(BigTIFF, highest byte first)"),
        (b"II*\0\xff\xff\xff\x7f" + b"\0" * 50, "begins as an image, but is damaged or incomplete"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "damaged or incomplete"),
    ],
)
def test_each_form_has_its_line(
    content: bytes, said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)
    for source in (path, content):
        with pytest.raises(ImageError) as caught:
            load_image(source)
        assert said in str(caught.value)
    assert capfd.readouterr().err == ""
