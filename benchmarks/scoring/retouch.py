"""Edits that people and phones make to photos, which stay photos: hard cases for a detector of traces.

Denoised, smoothed, tone-mapped, sharpened, enlarged, graded, rephotographed pictures have lost the noise of
their sensor, and a detector that took its absence for a sign of generation would accuse them all.
"""

from collections.abc import Callable
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from scipy import ndimage

from fakelens.edge_runtime.pictures.preprocess import ImageU8

Planes = npt.NDArray[np.float32]  # [h, w, 3], 0..255

_KERNELS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)


class Retouch(StrEnum):
    """The kinds."""

    DENOISE = "denoise"
    SMOOTH = "smooth"  # as beauty filters do: flat parts only
    TONE = "tone"  # local contrast, as HDR modes do
    SHARPEN = "sharpen"
    ENLARGE = "enlarge"
    THUMBNAIL = "thumbnail"  # reduced and enlarged again
    GRADE = "grade"  # curves, saturation, vignette
    PAPER = "paper"  # printed and scanned
    BLUR = "blur"
    NOISE = "noise"


def retouch(image: Image.Image, rng: np.random.Generator, kind: Retouch | None = None) -> Image.Image:
    """Return the RGB `image` touched up in the way of `kind`, a random one without it."""
    return _WAYS[kind or list(Retouch)[rng.integers(len(Retouch))]](image, rng)


def _denoise(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    if rng.random() < 0.5:
        return Image.blend(image, image.filter(ImageFilter.MedianFilter(3)), rng.uniform(0.4, 1.0))
    return _from_planes(_guide(_to_planes(image), int(rng.integers(1, 4)), rng.uniform(20, 300)))


def _smooth(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    planes = _to_planes(image)
    base = _guide(planes, int(rng.integers(3, 9)), rng.uniform(100, 900))
    share = np.float32(rng.uniform(0.4, 0.9))
    return _from_planes(planes * (1 - share) + base * share)


def _tone(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    planes = _to_planes(image)
    base = _guide(planes, int(rng.integers(6, 20)), rng.uniform(300, 2000))
    mean = base.mean()
    compressed = mean + (base - mean) * np.float32(rng.uniform(0.55, 0.9))
    return _from_planes(compressed + (planes - base) * np.float32(rng.uniform(1.2, 2.5)))


def _sharpen(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    radius, percent = rng.uniform(0.5, 3.0), int(rng.uniform(50, 250))
    return image.filter(ImageFilter.UnsharpMask(radius, percent, int(rng.integers(0, 4))))


def _enlarge(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the middle part enlarged to the whole, so that no picture grows."""
    times = rng.uniform(1.3, 4.0)
    width, height = image.size
    half_w, half_h = (min(side / 2, max(1.0, side / times / 2)) for side in image.size)
    x, y = rng.uniform(half_w, max(half_w, width - half_w)), rng.uniform(half_h, max(half_h, height - half_h))
    box = (x - half_w, y - half_h, x + half_w, y + half_h)
    return image.resize(image.size, _pick_kernel(rng), box=box)


def _shrink_and_enlarge(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    times = rng.uniform(1.3, 3.0)
    small = image.resize([max(8, round(side / times)) for side in image.size], _pick_kernel(rng))
    return small.resize(image.size, _pick_kernel(rng))


def _grade(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    planes = _to_planes(image) / 255
    gamma = np.exp(rng.uniform(-0.35, 0.35, 3)).astype(np.float32) if rng.random() < 0.5 else 1.0
    planes = np.power(planes, gamma * np.float32(np.exp(rng.uniform(-0.4, 0.4))))
    grey = planes.mean(axis=2, keepdims=True)
    planes = grey + (planes - grey) * np.float32(rng.uniform(0.3, 1.6))
    planes = 0.5 + (planes - 0.5) * np.float32(rng.uniform(0.7, 1.4))
    if rng.random() < 0.5:
        height, width = planes.shape[:2]
        y, x = np.linspace(-1, 1, height, dtype=np.float32), np.linspace(-1, 1, width, dtype=np.float32)
        planes = planes * (1 - np.float32(rng.uniform(0.1, 0.4)) * (y[:, None] ** 2 + x**2)[..., None] / 2)
    return _from_planes(planes * 255)


def _print_and_scan(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    planes = _to_planes(image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.9))))
    shape = planes.shape[:2]
    texture = ndimage.gaussian_filter(rng.normal(0.0, 1.0, shape), rng.uniform(0.4, 1.5))
    texture *= rng.uniform(1.5, 6.0) / max(1e-6, float(texture.std()))
    low, high = rng.uniform(5, 25), rng.uniform(235, 252)
    return _from_planes(low + planes * np.float32((high - low) / 255) + texture[..., None].astype(np.float32))


def _blur(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2)))


def _add_noise(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    planes = _to_planes(image)
    grain = rng.normal(0.0, rng.uniform(1.0, 8.0), (*planes.shape[:2], 1 if rng.random() < 0.5 else 3))
    return _from_planes(planes + grain.astype(np.float32))


_WAYS: dict[Retouch, Callable[[Image.Image, np.random.Generator], Image.Image]] = {
    Retouch.DENOISE: _denoise,
    Retouch.SMOOTH: _smooth,
    Retouch.TONE: _tone,
    Retouch.SHARPEN: _sharpen,
    Retouch.ENLARGE: _enlarge,
    Retouch.THUMBNAIL: _shrink_and_enlarge,
    Retouch.GRADE: _grade,
    Retouch.PAPER: _print_and_scan,
    Retouch.BLUR: _blur,
    Retouch.NOISE: _add_noise,
}


def _guide(planes: Planes, radius: int, variance: float) -> Planes:
    """Return `planes` smoothed where they vary less than `variance` (guided filter, He et al. 2010)."""
    size = (2 * radius + 1, 2 * radius + 1, 1)
    mean = ndimage.uniform_filter(planes, size)
    spread = ndimage.uniform_filter(planes * planes, size) - mean * mean
    slope = spread / (spread + np.float32(variance))
    offset = mean - slope * mean
    return np.asarray(
        ndimage.uniform_filter(slope, size) * planes + ndimage.uniform_filter(offset, size), np.float32
    )


def _pick_kernel(rng: np.random.Generator) -> Image.Resampling:
    return _KERNELS[rng.integers(len(_KERNELS))]


def _to_planes(image: Image.Image) -> Planes:
    return np.asarray(image, np.float32)


def _from_planes(planes: Planes) -> Image.Image:
    pixels: ImageU8 = np.clip(np.rint(planes), 0, 255).astype(np.uint8)
    return Image.fromarray(pixels)
