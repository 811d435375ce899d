"""What would take too much memory is read smaller, or refused in one line."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.decode_memory import _MOST_PIXEL_BYTES, count_decoding_bytes
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig, decode_image, load_image

SIZE = (320, 200)
PIXELS = SIZE[0] * SIZE[1]
COARSE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (5, 8, 3), np.uint8))
PHOTO = COARSE.resize(SIZE, Image.Resampling.BICUBIC)


def encode(kind: str, image: Image.Image = PHOTO, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def count(content: bytes) -> float:
    with Image.open(io.BytesIO(content)) as image:
        return count_decoding_bytes(image) / PIXELS


def limit(monkeypatch: pytest.MonkeyPatch, per_pixel: float) -> None:
    monkeypatch.setattr("fakelens.edge_runtime.pictures.decode_memory.MOST_BYTES", per_pixel * PIXELS)


def test_bytes_of_a_pixel_are_known_before_it_is_decoded() -> None:
    assert count(encode("JPEG")) == 4
    assert count(encode("JPEG", PHOTO.convert("L"))) == 5  # and its copy in RGB
    assert count(encode("JPEG", PHOTO.convert("CMYK"))) == 8
    assert count(encode("JPEG", progressive=True, subsampling=2)) == 4 + 2 * 1.5
    assert count(encode("JPEG", progressive=True, subsampling=0)) == 4 + 2 * 3
    assert count(encode("WEBP")) > 4
    for content in (encode("JPEG", PHOTO.convert("CMYK"), progressive=True), encode("WEBP")):
        assert count(content) <= _MOST_PIXEL_BYTES  # by which most pictures pass uncounted


def test_a_very_large_jpeg_is_read_at_a_part_of_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encode("JPEG", quality=95)
    limit(monkeypatch, 3.9)
    half = decode_image(content, DecodeConfig())
    assert half.image.size == (160, 100)
    assert half.note == "its 320 x 200 px are too many at once: read at 1/2 of the size"
    difference = np.asarray(PHOTO.reduce(2), np.int16) - np.asarray(half.image)
    assert np.abs(difference).mean() < 2
    limit(monkeypatch, 0.9)
    assert load_image(content).size == (80, 50)
    cut = decode_image(content[:-2], DecodeConfig(strict=False))
    assert cut.note is not None
    assert cut.note.startswith("the end of the file is missing; its 320 x 200 px")


def test_what_cannot_be_read_smaller_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, options in (("WEBP", {}), ("BMP", {}), ("JPEG", {"progressive": True, "subsampling": 0})):
        limit(monkeypatch, 3)
        with pytest.raises(
            ImageError, match=r"320 x 200 px of \w+ take about .* GB to decode, over the limit"
        ):
            load_image(encode(kind, **options))
        limit(monkeypatch, 100)
        assert load_image(encode(kind, **options)).size == SIZE


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory as Linux counts it")
def test_photos_of_108_megapixels_that_must_be_turned_take_bounded_memory(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    path = tmp_path / "phone.jpg"
    Image.new("RGB", (12_000, 9_000), "teal").save(path, exif=exif)
    code = (
        "import sys; from pathlib import Path;"
        "from fakelens.edge_runtime.detection.detector import Detector;"
        "results = Detector().check_files([Path(sys.argv[1])] * 2, keep_images=False);"
        "print([result.error for result in results], Path('/proc/self/status').read_text())"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("[None, None]")
    peak_kib = next(line.split()[1] for line in done.stdout.splitlines() if line.startswith("VmHWM"))
    assert int(peak_kib) < 700 * 1024  # 900 MiB when it was turned as a whole; each beside the one before
