"""Marks in pixels: found in lossless files that carry them, and in no others."""

import gzip
import io
import struct

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from fakelens.edge_runtime.pictures.preprocess import DecodeConfig, decode_image
from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength
from fakelens.edge_runtime.provenance.inspection import Inspection
from tests.edge_runtime.provenance.conftest import A1111

Pixels = npt.NDArray[np.uint8]
STABLE_DIFFUSION = "".join(f"{byte:08b}" for byte in b"StableDiffusionV1")
STABLE_DIFFUSION_2 = "".join(f"{byte:08b}" for byte in b"SDV2")
SDXL = f"{0b101100111110110010010000011110111011000110011110:b}"
FLUX = f"{0b001010101111111010000111100111001111010100101110:b}"


def make_photo(height: int = 320, width: int = 352, seed: int = 0) -> Pixels:
    """Smooth shapes with a little noise."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / chance.uniform(20, 60) + y / chance.uniform(20, 60)) for _ in range(3)]
    return (
        (128 + 90 * np.stack(waves, -1) + chance.normal(0, 3, (height, width, 3)))
        .clip(0, 255)
        .astype(np.uint8)
    )


def embed_watermark(rgb: Pixels, bits: str) -> Pixels:
    """Carry `bits` as the library does: the largest coefficient but the first of each 4 x 4 block."""
    luma = rgb @ np.array([0.299, 0.587, 0.114])
    u, v = np.rint((rgb[..., 2] - luma) * 0.492 + 128), np.rint((rgb[..., 0] - luma) * 0.877 + 128)
    rows, columns = rgb.shape[0] // 8, rgb.shape[1] // 8
    quads = u[: rows * 8, : columns * 8].reshape(rows * 4, 2, columns * 4, 2)
    low = quads.sum((1, 3)) / 2
    change = np.zeros_like(low)
    for number in range(rows * columns):
        top, left = number // columns * 4, number % columns * 4
        block = low[top : top + 4, left : left + 4]
        row, column = divmod(int(np.abs(block.ravel()[1:]).argmax()) + 1, 4)
        value = block[row, column]
        wanted = (value // 36 + 0.25 + 0.5 * int(bits[number % len(bits)])) * 36
        change[top + row, left + column] = (wanted - value) / 2
    u[: rows * 8, : columns * 8] += np.kron(change, np.ones((2, 2)))
    u = np.rint(u).clip(0, 255)
    blue, red = luma + (u - 128) / 0.492, luma + (v - 128) / 0.877
    green = (luma - 0.299 * red - 0.114 * blue) / 0.587
    return np.rint(np.stack([red, green, blue], -1)).clip(0, 255).astype(np.uint8)


def hide_text(pixels: Pixels, name: bytes, text: str) -> Pixels:
    """Write a text into the lowest bits, column by column."""
    data = gzip.compress(text.encode()) if name.endswith(b"comp") else text.encode()
    message = name + struct.pack(">I", 8 * len(data)) + data
    bits = np.unpackbits(np.frombuffer(message, np.uint8))
    channels = pixels[..., 3:] if name.startswith(b"stealth_png") else pixels[..., :3]
    flat = channels.transpose(1, 0, 2).copy()
    carried = flat.reshape(-1)
    carried[: len(bits)] = carried[: len(bits)] & 0xFE | bits
    channels[:] = flat.transpose(1, 0, 2)
    return pixels


def ask(pixels: Pixels, kind: str = "PNG", **options: object) -> tuple[Evidence, ...]:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    inspection = Inspection(buffer.getvalue())
    decode_image(buffer.getvalue(), DecodeConfig(), see=inspection.see)
    return inspection.conclude()


def make_rgba() -> Pixels:
    return np.dstack([make_photo(64, 48), np.full((64, 48), 255, np.uint8)])


@pytest.mark.parametrize(
    "name", [b"stealth_pnginfo", b"stealth_pngcomp", b"stealth_rgbinfo", b"stealth_rgbcomp"]
)
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_stealth_png_info_is_read(name: bytes, kind: str) -> None:
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    (found,) = ask(hide_text(make_rgba(), name, A1111), kind, **options)
    assert (found.source, found.strength) == (Source.STEALTH, Strength.DECLARES_GENERATED)
    assert found.words.startswith("a photo of a cat")
    assert name.decode() in found.where


def test_stealth_png_info_of_novelai_and_of_something_else() -> None:
    (found,) = ask(hide_text(make_rgba(), b"stealth_pngcomp", '{"Comment": "{\\"uc\\": 1}", "x": {"uc"}}'))
    assert found.strength is Strength.DECLARES_GENERATED
    (found,) = ask(hide_text(make_rgba(), b"stealth_pnginfo", "something else"))
    assert found.strength is Strength.NOTE
    damaged = hide_text(make_rgba(), b"stealth_pnginfo", A1111)
    damaged[:, 10:, 3] = 254
    assert all(item.source is Source.STEALTH for item in ask(damaged))


@pytest.mark.parametrize(
    ("bits", "name"),
    [
        (STABLE_DIFFUSION, "Stable Diffusion 1"),
        (STABLE_DIFFUSION_2, "Stable Diffusion 2"),
        (SDXL, "Stable Diffusion XL"),
        (FLUX, "FLUX.1"),
    ],
)
def test_an_open_watermark_is_read(bits: str, name: str) -> None:
    marked = embed_watermark(make_photo(512, 512), bits)
    (found,) = ask(marked)
    assert (found.source, found.strength) == (Source.WATERMARK, Strength.DECLARES_GENERATED)
    assert found.what.endswith(f"of {name}")


def test_a_lossy_file_and_a_small_one_carry_none() -> None:
    marked = embed_watermark(make_photo(512, 512), SDXL)
    assert ask(marked, "JPEG", quality=95) == ()
    assert ask(marked[:200, :200]) == ()


@pytest.mark.parametrize("seed", range(6))
def test_pictures_without_a_mark_carry_none(seed: int) -> None:
    assert ask(make_photo(seed=seed)) == ()
    noise = np.random.default_rng(seed).integers(0, 256, (300, 300, 3), np.uint8)
    assert ask(noise) == ()
    assert ask(np.full((256, 300, 3), 40 * seed, np.uint8)) == ()


def test_pictures_of_odd_shapes_and_modes_carry_none() -> None:
    assert ask(np.zeros((1, 70_000, 3), np.uint8)) == ()
    assert ask(np.zeros((70_000, 1, 3), np.uint8)) == ()
    assert ask(np.zeros((300, 300), np.uint8)) == ()
    assert ask(np.zeros((1, 1, 4), np.uint8)) == ()
