"""The fixed battery of degradations: the ways in which images are changed to see what a verdict stands."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from PIL import Image

from fakelens.benchmarks.scoring.delivery import deliver
from fakelens.edge_runtime.pictures.degradations import (
    add_noise,
    blur,
    change_brightness,
    change_contrast,
    recompress_jpeg,
    rescale,
)
from fakelens.edge_runtime.pictures.preprocess import ImageU8

_SEED = 0


class Kind(StrEnum):
    """What is done to an image; the strength is in brackets."""

    CLEAN = "clean"  # nothing
    JPEG = "JPEG"  # recompressed [quality]
    NOISE = "noise"  # Gaussian [sigma, 1 is full scale]
    BLUR = "blur"  # Gaussian [sigma, px]
    RESCALE = "rescale"  # down and up again [share of the side]
    BRIGHTNESS = "brightness"  # [factor]
    CONTRAST = "contrast"  # [factor]
    WEB = "web"  # what the web leaves, see `delivery`
    HARD = "hard"  # the same, harder


_FIXED = frozenset({Kind.CLEAN, Kind.WEB, Kind.HARD})


@dataclass(frozen=True, kw_only=True)
class Degradation:
    """One way of degrading an image, at one strength."""

    kind: Kind
    strength: float = 0.0  # see `Kind`

    @property
    def name(self) -> str:
        """Such as `JPEG 40`; `clean`, `web` and `hard` have no strength."""
        return str(self.kind) if self.kind in _FIXED else f"{self.kind} {self.strength:g}"


_STRENGTHS: tuple[tuple[Kind, tuple[float, ...]], ...] = (
    (Kind.JPEG, (90, 80, 65, 50, 40, 25)),
    (Kind.NOISE, (0.02, 0.05, 0.1)),
    (Kind.BLUR, (0.3, 0.6, 1.0)),
    (Kind.RESCALE, (0.75, 0.5)),  # 24 and 16 of 32 px
    (Kind.BRIGHTNESS, (0.7, 1.3)),
    (Kind.CONTRAST, (0.7, 1.3)),
)
BATTERY = (
    Degradation(kind=Kind.CLEAN),
    *(Degradation(kind=kind, strength=strength) for kind, strengths in _STRENGTHS for strength in strengths),
    Degradation(kind=Kind.WEB),
    Degradation(kind=Kind.HARD),
)


def degrade(image_u8: ImageU8, degradation: Degradation) -> ImageU8:
    """Return `image_u8` [height, width, 3] degraded; equal images always give equal bytes.

    Only `web` and `hard` change its size, and never enlarge it.
    """
    strength = degradation.strength
    match degradation.kind:
        case Kind.CLEAN:
            return image_u8
        case Kind.JPEG:
            return recompress_jpeg(image_u8, int(strength))
        case Kind.NOISE:
            return add_noise(image_u8, strength, _seed_by_content(image_u8))
        case Kind.BLUR:
            return blur(image_u8, strength)
        case Kind.RESCALE:
            return rescale(image_u8, max(1, round(strength * min(image_u8.shape[:2]))))
        case Kind.BRIGHTNESS:
            return change_brightness(image_u8, strength)
        case Kind.CONTRAST:
            return change_contrast(image_u8, strength)
        case Kind.WEB | Kind.HARD:
            return np.asarray(deliver(Image.fromarray(image_u8), str(degradation.kind)), np.uint8)


def _seed_by_content(image_u8: ImageU8) -> np.random.Generator:
    """Return the generator of an image's noise, whatever its place and whatever other images there are."""
    digest = hashlib.sha256(str(image_u8.shape).encode() + image_u8.tobytes()).digest()
    return np.random.default_rng([_SEED, int.from_bytes(digest, "big")])
