"""Deep grey, transparency and ink come out as a viewer shows them, or are refused with the reason."""

import io
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures import colour
from fakelens.edge_runtime.pictures.colour import to_rgb
from fakelens.edge_runtime.pictures.preprocess import load_image

Array = npt.NDArray[Any]
RAMP = np.linspace(0, 1, 256).reshape(16, 16)
EIGHT = np.rint(RAMP * 255).astype(int)


def write_tiff(
    data: bytes, bits: int, *, photometric: int = 1, sample_format: int = 1, largest: int = 0
) -> bytes:
    """A grey TIFF of 16 x 16 px, uncompressed, little-endian."""
    tags = [(256, 3, 16), (257, 3, 16), (258, 3, bits), (259, 3, 1), (262, 3, photometric), (273, 4, 0)]
    tags += [(277, 3, 1), (278, 3, 16), (279, 4, len(data)), *([(281, 3, largest)] if largest else [])]
    tags += [(339, 3, sample_format)]
    start = 8 + 2 + 12 * len(tags) + 4
    directory = b"".join(
        struct.pack("<HHII", tag, kind, 1, start if tag == 273 else value) for tag, kind, value in tags
    )
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + directory + struct.pack("<I", 0) + data


def pack_12_bits(levels: Array) -> bytes:
    pairs = levels.astype(np.uint32).reshape(-1, 2)
    packed = np.stack(
        [pairs[:, 0] >> 4, (pairs[:, 0] & 15) << 4 | pairs[:, 1] >> 8, pairs[:, 1] & 255], axis=1
    )
    return packed.astype(np.uint8).tobytes()


def load_grey(content: bytes) -> Array:
    pixels = np.asarray(load_image(content)).astype(int)
    assert (pixels == pixels[..., :1]).all()
    return pixels[..., 0]


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        write_tiff(pack_12_bits(np.rint(RAMP * 4095)), 12),
        write_tiff(np.rint(RAMP * 65535).astype("<u2").tobytes(), 16),
        write_tiff(np.rint((1 - RAMP) * 65535).astype("<u2").tobytes(), 16, photometric=0),
        write_tiff(np.rint(RAMP * 4095).astype("<u2").tobytes(), 16, largest=4095),
        write_tiff(RAMP.astype("<f4").tobytes(), 32, sample_format=3),
        write_tiff((1 - RAMP).astype("<f4").tobytes(), 32, sample_format=3, photometric=0),
        write_tiff(np.rint(RAMP * 65535).astype("<i4").tobytes(), 32, sample_format=2),
    ],
    ids=["12 bits", "16", "16, white is 0", "12 of 16", "float", "float, white is 0", "32"],
)
def test_a_ramp_of_any_depth_is_a_ramp_of_8_bits(content: bytes) -> None:
    assert np.abs(load_grey(content) - EIGHT).max() <= 1


@pytest.mark.parametrize(
    ("values", "sample_format"),
    [
        (RAMP * 4_000_000, 2),
        (RAMP * 65535 - 9, 2),
        (RAMP * 255, 2),
        ((RAMP * 2e9).astype("<f4"), 3),
        ((RAMP - 0.5).astype("<f4"), 3),
        (np.full((16, 16), np.nan, "<f4"), 3),
        (np.full((16, 16), np.inf, "<f4"), 3),
    ],
)
def test_what_has_no_known_white_is_refused_with_its_range(values: Array, sample_format: int) -> None:
    data = values.astype("<f4" if sample_format == 3 else "<i4").tobytes()
    with pytest.raises(ImageError, match="nobody can say what is white; save it with"):
        load_image(write_tiff(data, 32, sample_format=sample_format))


def test_a_transparent_level_of_16_bit_grey_is_white_as_in_8_bits() -> None:
    levels = np.tile(np.array([0, 9 * 257, 200 * 257], np.uint16), (4, 4))
    deep = encode(Image.fromarray(levels), "PNG", transparency=0)
    plain = encode(Image.fromarray((levels // 257).astype(np.uint8)), "PNG", transparency=0)
    assert load_grey(deep)[0].tolist() == load_grey(plain)[0].tolist() == [255, 9, 200] * 4
    bits = encode(Image.fromarray(levels > 0).convert("1"), "PNG", transparency=0)
    assert (load_grey(bits) == 255).all()


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA", "CMYK", "1", "I;16"])
def test_bands_give_the_same_bytes_as_the_whole(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (37, 21, 4), np.uint8)
    image = Image.fromarray(pixels[..., 0] * np.uint16(257))
    if mode != "I;16":
        image = Image.fromarray(pixels).convert(mode)

    if mode == "P":
        image.info["transparency"] = bytes(range(256))
    whole = to_rgb(image).tobytes()
    monkeypatch.setattr(colour, "_BAND_PIXELS", 21 * 5)
    assert to_rgb(image).tobytes() == whole


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory as Linux counts it")
@pytest.mark.parametrize("mode", ["P", "I;16"])
def test_a_small_file_of_100_megapixels_takes_bounded_memory(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    image = Image.new(mode, (10_000, 10_000))
    if mode == "P":
        image.putpalette([9, 9, 9, 8, 8, 8])
    image.save(path, **({"transparency": b"\0\1"} if mode == "P" else {}))
    code = (
        "import sys; from pathlib import Path;"
        "from fakelens.edge_runtime.pictures.preprocess import load_image;"
        "load_image(Path(sys.argv[1])); print(Path('/proc/self/status').read_text())"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    peak_kib = next(line.split()[1] for line in done.stdout.splitlines() if line.startswith("VmHWM"))
    assert int(peak_kib) < 800 * 1024  # 1,300 MiB when it was converted at once
