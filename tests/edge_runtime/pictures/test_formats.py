"""The content says what a file is; what is not decoded here has a remedy."""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, features

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.formats import FORMATS, Kind, is_video, name_remedy, sniff, sniff_file
from fakelens.edge_runtime.pictures.preprocess import load_image

PHOTO = Image.fromarray(np.random.default_rng(0).integers(90, 160, (48, 64, 3), np.uint8))


def encode(kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    PHOTO.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", [name for name in FORMATS if name != "AVIF"])
def test_the_formats_of_pillow_are_told_by_their_first_bytes(kind: str) -> None:
    assert sniff(encode(kind)[:32]) is Kind.IMAGE


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", Kind.EMPTY),
        (b"a text, not a photo", Kind.OTHER),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Kind.HEIC),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Kind.HEIC),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", Kind.AVIF),
        (b"\0\0\0\x18ftypavif\0\0\0\0avifmif1", Kind.AVIF),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", Kind.VIDEO),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", Kind.VIDEO),
        (b"\x1a\x45\xdf\xa3\0", Kind.VIDEO),
        (b"RIFF\0\0\0\0AVI LIST", Kind.VIDEO),
        (b"\xff\x0a\0", Kind.JXL),
        (b"BM, as a text begins", Kind.OTHER),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", Kind.RAW),
        (b"II*\0\x10\0\0\0CR\2\0", Kind.RAW),
        (b"FUJIFILMCCD-RAW 0201", Kind.RAW),
        (b"8BPS\0\1", Kind.RARE),
        (b"\0\0\0\x0cjP  \r\n\x87\n", Kind.RARE),
        (b"P6\n640 480\n255\n", Kind.RARE),
        (b"\0\0\1\0\1\0\x10\x10", Kind.RARE),
        (b"\0" * 128 + b"DICM", Kind.RARE),
        (b"\x28\0\0\0" + b"\1\0\0\0" * 2 + b"\1\0\x18\0\0\0\0\0", Kind.RARE),
        ((b"\x47" + b"\xff" * 187) * 4, Kind.VIDEO),
        (b"\0\0\0\0" + (b"\x47" + b"\xff" * 191) * 4, Kind.VIDEO),
        (b"G is how this text begins", Kind.OTHER),
        (b"FLV\1\5", Kind.VIDEO),
        (b"OggS" + b"\0" * 24 + b"\x80theora", Kind.VIDEO),
        (b"OggS" + b"\0" * 24 + b"OpusHead", Kind.OTHER),
        (b"\0\0\0\x18ftypM4A \0\0\0\0isom", Kind.OTHER),
    ],
)
def test_other_kinds_by_their_brands(head: bytes, kind: Kind) -> None:
    assert sniff(head) is kind


def test_a_burst_that_no_decoder_of_pictures_opens_is_a_video(tmp_path: Path) -> None:
    path = tmp_path / "burst.heics"
    for brand, expected in ((b"hevc", True), (b"msf1", True), (b"heic", False)):
        path.write_bytes(b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic")
        assert is_video(path) is expected


def test_the_suffix_decides_nothing(tmp_path: Path) -> None:
    for number, name in enumerate(
        ("a.jfif", "b.jpe", "c.mpo", "d.jpg_large", "no_suffix", "e.png", "f.apng")
    ):
        path = tmp_path / name
        path.write_bytes(encode("PNG" if number % 2 else "JPEG"))
        assert sniff_file(path) is Kind.IMAGE
        assert load_image(path).size == (64, 48)


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow decodes no AVIF")
def test_avif_is_decoded_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "named.jpg"
    path.write_bytes(encode("AVIF", quality=90))
    assert sniff_file(path) is Kind.AVIF
    assert np.abs(np.asarray(load_image(path)).mean() - np.asarray(PHOTO).mean()) < 2


def test_heic_is_decoded_and_turned_once(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    path = tmp_path / "phone.heic"
    pillow_heif.from_pillow(PHOTO).save(path, quality=90)
    assert sniff_file(path) is Kind.HEIC
    assert name_remedy(Kind.HEIC) is None
    assert load_image(path).size == (64, 48)
    pillow_heif.from_pillow(PHOTO).save(path, quality=90, exif=exif.tobytes())
    assert load_image(path).size == (48, 64)
    assert load_image(path.read_bytes()).size == (48, 64)


def test_jpeg_xl_is_decoded_and_turned_once(tmp_path: Path) -> None:
    pytest.importorskip("pillow_jxl")
    path = tmp_path / "picture.jxl"
    PHOTO.save(path, lossless=True)
    assert sniff_file(path) is Kind.JXL
    assert (np.asarray(load_image(path)) == np.asarray(PHOTO)).all()


@pytest.mark.parametrize(
    ("head", "module", "remedy"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "pillow_heif", 'HEIC: pip install "fakelens[heic]"'),
        (b"\xff\x0a\0\0", "pillow_jxl", 'JPEG XL: pip install "fakelens[jxl]"'),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", "cv2", 'video: pip install "fakelens[camera]"'),
    ],
)
def test_without_its_decoder_the_remedy_is_the_line(
    head: bytes, module: str, remedy: str, fakelens: Callable[..., CompletedProcess[str]], tmp_path: Path
) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(head)
    done = fakelens("check", path, blocked=[module])
    assert done.returncode == 2
    assert done.stderr == f"fakelens: {path}: {remedy}\n"


def test_a_damaged_heic_is_one_line() -> None:
    pytest.importorskip("pillow_heif")
    with pytest.raises(ImageError, match="damaged"):
        load_image(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 40)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the handler is found as Linux names it")
def test_libtiff_says_nothing_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    content = bytearray(encode("TIFF", compression="tiff_deflate"))
    content[40:60] = b"\xaa" * 20
    with pytest.raises(ImageError):
        load_image(bytes(content))
    assert capfd.readouterr().err == ""


def test_a_raw_file_is_refused_for_its_thumbnail_is_no_photo(tmp_path: Path) -> None:
    path = tmp_path / "camera.dng"
    for tags in ({50706: b"\1\4\0\0"}, {254: 1, 330: 8}):  # DNG; NEF and the like
        PHOTO.save(path, "TIFF", tiffinfo=tags)
        with pytest.raises(ImageError, match=r"a camera raw file, .* preview: develop it"):
            load_image(path)
    path.write_bytes(b"\0\0\0\x18ftypcrx \0\0\0\1crx isom")
    with pytest.raises(ImageError, match="camera raw: develop it"):
        load_image(path)
