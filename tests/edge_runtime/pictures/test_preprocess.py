"""Every odd image ends in the right pixels or in one clear line."""

import io
import os
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import ExifTags, Image

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.modelfile.contract import InputSpec
from fakelens.edge_runtime.pictures.preprocess import (
    MAX_PIXELS,
    DecodeConfig,
    decode_image,
    fit_image,
    load_image,
    to_rgb,
)
from fakelens.edge_runtime.pictures.video.animation import read_animation
from fakelens.edge_runtime.pictures.video.still import Tally

Array = npt.NDArray[Any]
GENERATOR = np.random.default_rng(0)
RGB = GENERATOR.integers(0, 256, (6, 10, 3), np.uint8)
FRAMES = [Image.new("RGB", (4, 4), colour) for colour in ("red", "lime", "blue")]


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def load(content: bytes) -> Array:
    image = load_image(content)
    assert image.mode == "RGB"
    return np.asarray(image)


def write_png(size: tuple[int, int], depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG of any header, whether or not `rows` fill it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {"lossless": True, "exact": True}),
    ],
)
def test_lossless_formats_keep_every_byte(kind: str, options: dict[str, Any]) -> None:
    assert (load(encode(Image.fromarray(RGB), kind, **options)) == RGB).all()


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_lossy_formats_decode_as_pillow_decodes_them(kind: str) -> None:
    content = encode(Image.fromarray(RGB), kind, quality=80)
    with Image.open(io.BytesIO(content)) as image:
        assert (load(content) == np.asarray(image)).all()


def test_a_progressive_jpeg_is_the_same_image_as_a_baseline_one() -> None:
    image = Image.fromarray(GENERATOR.integers(0, 256, (64, 48, 3), np.uint8))
    baseline, progressive = (encode(image, "JPEG", progressive=flag) for flag in (False, True))
    assert baseline != progressive
    assert (load(baseline) == load(progressive)).all()


UPRIGHT: dict[int, Callable[[Array], Array]] = {
    1: lambda stored: stored,
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).transpose(1, 0, 2),
    8: lambda stored: np.rot90(stored, 1),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied_pixel_for_pixel(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    lossless = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    upright = load(encode(Image.fromarray(RGB), kind, exif=exif, **lossless))
    assert upright.shape == UPRIGHT[orientation](RGB).shape
    assert (upright == UPRIGHT[orientation](RGB)).all()


def test_a_phone_photo_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    image = Image.fromarray(RGB)
    plain = load(encode(image, "JPEG"))
    for named in ({"exif": exif}, {"xmp": b'<rdf:Description tiff:Orientation="6"/>'}):
        assert (load(encode(image, "JPEG", **named)) == np.rot90(plain, -1)).all()


def test_odd_exif_does_not_cost_the_image() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.ImageDescription] = "a text of some length"
    content = encode(Image.fromarray(RGB), "JPEG", exif=exif)
    odd = content.replace(b"\x01\x0e\x00\x02", b"\x01\x00\x00\x02")  # its width, as text
    assert odd != content
    assert (load(odd) == load(content)).all()
    assert load(encode(Image.fromarray(RGB), "JPEG", exif=b"Exif\0\0no exif at all")).shape == RGB.shape


def test_16_bit_grey_is_scaled_not_clipped() -> None:
    levels = np.linspace(0, 65535, 240).astype(np.uint16).reshape(12, 20)
    big_endian = encode(Image.frombytes("I;16B", (20, 12), levels.astype(">u2").tobytes()), "TIFF")
    for content in (
        encode(Image.fromarray(levels), "PNG"),
        encode(Image.fromarray(levels), "TIFF"),
        encode(Image.fromarray(levels.astype(np.int32)), "TIFF"),
        big_endian,
    ):
        grey = load(content)
        assert (grey[..., 0] == grey[..., 1]).all()
        assert (grey[..., 0] == grey[..., 2]).all()
        assert np.abs(grey[..., 0] - levels / 257).max() <= 1
        assert (grey.min(), grey.max()) == (0, 255)


def test_16_bit_colour_is_scaled() -> None:
    levels = np.linspace(0, 65535, 7 * 5 * 3).astype(">u2").reshape(5, 7, 3)
    rows = b"".join(b"\0" + row.tobytes() for row in levels)
    assert np.abs(load(write_png((7, 5), 16, 2, rows)) - levels / 257).max() <= 1


def test_cmyk_jpeg_has_the_colours_a_viewer_shows() -> None:
    for ink, colour in (
        ((0, 255, 255, 0), (255, 0, 0)),
        ((255, 0, 0, 0), (0, 255, 255)),
        ((0, 0, 0, 255), (0,) * 3),
    ):
        found = load(encode(Image.new("CMYK", (8, 8), ink), "JPEG", quality=95))
        assert np.abs(found.astype(int) - colour).max() <= 4


def test_grey_and_1_bit_images_get_three_equal_channels() -> None:
    grey = GENERATOR.integers(0, 256, (5, 7), np.uint8)
    assert (load(encode(Image.fromarray(grey), "PNG")) == grey[..., None]).all()
    bits = grey > 127
    assert (load(encode(Image.fromarray(bits), "PNG")) == bits[..., None] * np.uint8(255)).all()


def test_a_palette_gives_its_colours() -> None:
    colours = GENERATOR.integers(0, 256, (16, 3), np.uint8)
    indices = GENERATOR.integers(0, 16, (6, 5), np.uint8)
    image = Image.frombytes("P", (5, 6), indices.tobytes())
    image.putpalette(colours.tobytes())
    for kind in ("PNG", "BMP", "GIF"):
        assert (load(encode(image, kind)) == colours[indices]).all()


def test_transparency_is_laid_over_white() -> None:
    palette = Image.frombytes("P", (2, 1), b"\0\1")
    palette.putpalette([10, 20, 30, 40, 50, 60])
    assert load(encode(palette, "PNG", transparency=1)).tolist() == [[[10, 20, 30], [255, 255, 255]]]
    assert load(encode(palette, "GIF", transparency=1)).tolist() == [[[10, 20, 30], [255, 255, 255]]]
    half = Image.new("RGBA", (1, 1), (255, 0, 0, 128))
    assert load(encode(half, "PNG")).tolist() == [[[255, 127, 127]]]
    hidden = Image.new("RGBA", (1, 1), (1, 2, 3, 0))
    assert load(encode(hidden, "WEBP", lossless=True)).tolist() == [[[255, 255, 255]]]
    grey = Image.frombytes("LA", (2, 1), bytes([100, 255, 100, 0]))
    assert load(encode(grey, "PNG")).tolist() == [[[100] * 3, [255] * 3]]
    keyed = Image.fromarray(np.array([[[9, 9, 9], [8, 8, 8]]], np.uint8))
    assert load(encode(keyed, "PNG", transparency=(9, 9, 9))).tolist() == [[[255] * 3, [8] * 3]]


@pytest.mark.parametrize(
    ("kind", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {}), ("TIFF", {})]
)
def test_of_several_frames_the_first_counts(kind: str, options: dict[str, Any]) -> None:
    content = encode(FRAMES[0], kind, save_all=True, append_images=FRAMES[1:], **options)
    with Image.open(io.BytesIO(content)) as image:
        assert getattr(image, "n_frames", 1) == 3
    assert (load(content) == (255, 0, 0)).all()


def test_an_image_in_memory_is_treated_as_its_file() -> None:
    levels = np.linspace(0, 65535, 16).astype(np.uint16).reshape(4, 4)
    for image in (
        Image.new("RGBA", (4, 4), (255, 0, 0, 64)),
        Image.fromarray(levels),
        Image.new("1", (4, 4), 1),
    ):
        assert (np.asarray(to_rgb(image)) == load(encode(image, "PNG"))).all()


def test_the_name_decides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encode(Image.fromarray(RGB), "PNG"))
    assert (np.asarray(load_image(path)) == RGB).all()


def test_an_image_of_the_input_size_passes_unchanged() -> None:
    image = Image.fromarray(GENERATOR.integers(0, 256, (32, 32, 3), np.uint8))
    fitted = fit_image(image, InputSpec(size=32))[0]
    assert fitted.dtype == np.uint8
    assert fitted.tobytes() == image.tobytes()


@pytest.mark.parametrize("shape", [(37, 53), (1, 1), (3, 200), (16, 32), (8, 9)])
def test_other_sizes_are_pillows_bilinear_to_the_byte(shape: tuple[int, int]) -> None:
    image = Image.fromarray(GENERATOR.integers(0, 256, (*shape, 3), np.uint8))
    fitted = fit_image(image, InputSpec(size=16))[0]
    assert fitted.shape == (16, 16, 3)
    assert fitted.tobytes() == image.resize((16, 16), Image.Resampling.BILINEAR).tobytes()


def test_reduction_averages_and_does_not_skip_pixels() -> None:
    checks = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    fitted = fit_image(Image.fromarray(checks).convert("RGB"), InputSpec(size=8))[0]
    assert np.abs(fitted.astype(int) - 127.5).max() <= 4  # skipping would leave black or white


def test_a_truncated_file_of_any_format_is_an_error_at_every_length() -> None:
    image = Image.fromarray(GENERATOR.integers(0, 256, (24, 24, 3), np.uint8))
    for kind in ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"):
        content = encode(image, kind)
        for length in range(0, len(content) * 3 // 4, max(1, len(content) // 25)):
            with pytest.raises(ImageError) as caught:
                load_image(content[:length])
            assert "\n" not in str(caught.value)


def refuse(path: Path) -> str:
    """Return why `path` is refused, without its name."""
    with pytest.raises(ImageError) as caught:
        load_image(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line.removeprefix(f"{path}: ")


def test_what_is_no_image_is_one_line_that_says_what_it_is(tmp_path: Path) -> None:
    for name, content in (
        ("text.jpg", b"this is a text, not a photo"),
        ("empty.jpg", b""),
        ("cut.jpg", encode(Image.fromarray(RGB), "JPEG")[:-40]),
    ):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder.jpg").mkdir()
    assert "not an image" in refuse(tmp_path / "text.jpg")
    assert "empty" in refuse(tmp_path / "empty.jpg")
    assert "incomplete" in refuse(tmp_path / "cut.jpg")
    assert refuse(tmp_path / "folder.jpg") == "is a folder without images"
    (tmp_path / "folder.jpg" / "a.png").write_bytes(encode(Image.fromarray(RGB), "PNG"))
    assert refuse(tmp_path / "folder.jpg") == "is a folder, not an image"
    assert "no such file" in refuse(tmp_path / "missing.jpg")


def test_stdin_is_named_as_such() -> None:
    for content, reason in ((b"", "stdin: empty input"), (b"a text, not a photo", "stdin: not an image")):
        with pytest.raises(ImageError, match=reason):
            load_image(content)


@pytest.mark.parametrize("size", [(60000, 60000), (MAX_PIXELS // 10**4 + 1, 10**4)])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(write_png(size, 8, 2, b"\0" * 1000))
    assert "over the limit of 128 megapixels" in refuse(path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "private.png"
    path.write_bytes(encode(Image.fromarray(RGB), "PNG"))
    path.chmod(0)
    assert refuse(path) == "cannot be read (Permission denied)"


@pytest.mark.skipif(os.name != "posix", reason="the system's own words")
def test_what_the_system_cannot_open_is_not_called_damaged(tmp_path: Path) -> None:
    assert refuse(tmp_path / ("a" * 300)) == "cannot be read (File name too long)"


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_gives_all_its_frames_with_their_times(kind: str) -> None:
    lossless = {"lossless": True} if kind == "WEBP" else {}
    content = encode(FRAMES[0], kind, save_all=True, append_images=FRAMES[1:], duration=500, **lossless)
    assert decode_image(content, DecodeConfig()).animated
    tally = Tally()
    stills = list(read_animation(content, tally, DecodeConfig()))
    assert [np.asarray(still.image)[0, 0].tolist() for still in stills] == [
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
    ]
    assert [still.seconds for still in stills] == [0.0, 0.5, 1.0]
    assert (tally.frames, tally.lost, tally.skipped) == (3, 0, None)
    assert not decode_image(encode(FRAMES[0], kind), DecodeConfig()).animated


@pytest.mark.parametrize("missing", [0, 1, 4, 8, 10])  # bytes of the pixels, of the head of a frame
def test_of_an_animation_without_its_end_what_is_there_is_read(missing: int) -> None:
    rng = np.random.default_rng(0)
    noise = [Image.fromarray(rng.integers(0, 256, (40, 40, 3), np.uint8)) for _ in range(6)]
    content = encode(noise[0], "GIF", save_all=True, append_images=noise[1:], duration=100)
    heads = [found.start() for found in re.finditer(rb"\x21\xf9\x04", content)]
    tally = Tally()
    stills = list(read_animation(content[: heads[4] + 14 - missing], tally, DecodeConfig()))
    assert len(stills) == 4
    assert (tally.frames, tally.lost) == (5, 1)
