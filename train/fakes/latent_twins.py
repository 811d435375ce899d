"""Pairs of a photo's cut and its twin out of a latent auto-encoder: same content, same history, other label.

A twin comes back through the latent in one of several ways, so that what a detector learns is the decoder
and not one kind of damage: as it is, with part of the photo mixed in (DDA, NeurIPS 2025), with disturbed
latents, blended with another photo, or with a masked region drawn anew, in which case the decoder still
paints the whole picture, as in-painting does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.fakes.latents import SCALE, LatentAutoencoder, Latents
from fakelens.train.fakes.own_decoders import OwnDecoder

_SHARES = (0.35, 0.25, 0.2, 0.1, 0.1)  # of the kinds, in their order
_MOST_LEFT = 0.6  # of the photo, mixed into a twin
_NOISE = (0.05, 0.4)  # of a latent value, whose spread is about .8
_STEPS = (0.2, 0.6)  # of rounded latents
_SHRINK = (0.8, 0.97)
_DROPPED = 0.1  # share of the channels
_BLEND = (0.1, 0.5)  # of the other photo
_REGION = (0.15, 0.5)  # sides of a masked region, of those of the cut


class Kind(StrEnum):
    """How a twin comes back."""

    PLAIN = "plain"
    MIXED = "mixed"
    DISTURBED = "disturbed"
    BLENDED = "blended"
    INPAINTED = "inpainted"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A cut of a photo, its twin, both uint8 [side, side, 3], and how the twin came to be."""

    real: ImageU8
    fake: ImageU8
    kind: Kind
    part: str  # of the output: the kind, or the decoder where it is our own


def make_pairs(
    cuts: ImageU8,
    autoencoder: LatentAutoencoder,
    rngs: list[np.random.Generator],
    own: Sequence[OwnDecoder] = (),
) -> list[Pair]:
    """Return a pair for each of `cuts`, uint8 [n, side, side, 3]; each also serves its neighbour's blend.

    The decoders of `own` and the auto-encoder's come up alike.
    """
    latents = autoencoder.encode(cuts)
    kinds = [list(Kind)[rng.choice(len(Kind), p=_SHARES)] for rng in rngs]
    decoders = [int(rng.integers(len(own) + 1)) if own else 0 for rng in rngs]
    changed = [
        _change(latents[place], latents[place - 1], kind, rng)
        for place, (kind, rng) in enumerate(zip(kinds, rngs, strict=True))
    ]
    decoded = _decode(np.stack(changed), np.array(decoders), autoencoder, own)
    pairs = []
    for real, fake, kind, number, rng in zip(cuts, decoded, kinds, decoders, rngs, strict=True):
        if kind is Kind.MIXED:
            fake = _mix(real, fake, rng.uniform(0.0, _MOST_LEFT))
        if bool((real == real[..., :1]).all()):  # a hue in a grey photo would give the class away
            fake = np.repeat(fake.mean(axis=2, keepdims=True).round().astype(np.uint8), 3, axis=2)
        part = own[number - 1].name if number else str(kind)
        pairs.append(Pair(real=real, fake=fake, kind=kind, part=part))
    return pairs


def _decode(
    latents: Latents,
    numbers: npt.NDArray[np.int64],
    autoencoder: LatentAutoencoder,
    own: Sequence[OwnDecoder],
) -> ImageU8:
    """Return the pictures of `latents`, each by the decoder of its number: 0 is the auto-encoder's."""
    _, height, width, _ = latents.shape
    pictures = np.empty((len(latents), height * SCALE, width * SCALE, 3), np.uint8)
    for number in np.unique(numbers):
        rows = numbers == number
        pictures[rows] = (
            own[number - 1].paint(autoencoder.read(latents[rows]))
            if number
            else autoencoder.decode(latents[rows])
        )
    return pictures


def _change(latent: Latents, other: Latents, kind: Kind, rng: np.random.Generator) -> Latents:
    match kind:
        case Kind.DISTURBED:
            return _disturb(latent, rng)
        case Kind.BLENDED:
            share = np.float32(rng.uniform(*_BLEND))
            return np.asarray(latent * (1 - share) + other * share, np.float32)
        case Kind.INPAINTED:
            mask = _draw_region(latent.shape[:2], rng)[..., None]
            return np.where(mask, _disturb(np.roll(other, rng.integers(64), axis=0), rng), latent)
        case _:
            return latent


def _disturb(latent: Latents, rng: np.random.Generator) -> Latents:
    match rng.integers(4):
        case 0:
            return latent + rng.normal(0.0, rng.uniform(*_NOISE), latent.shape).astype(np.float32)
        case 1:
            step = np.float32(rng.uniform(*_STEPS))
            return np.asarray(np.round(latent / step) * step, np.float32)
        case 2:
            return np.asarray(latent * np.float32(rng.uniform(*_SHRINK)), np.float32)
        case _:
            kept = np.asarray(rng.random(latent.shape[-1]) >= _DROPPED, np.float32)
            return np.asarray(latent * kept, np.float32)


def _draw_region(shape: tuple[int, ...], rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Return an ellipse or a rectangle, bool [h, w], anywhere in `shape`."""
    height, width = shape
    half_h, half_w = (max(1.0, rng.uniform(*_REGION) * side / 2) for side in shape)
    y = (np.arange(height) - rng.uniform(half_h, height - half_h))[:, None] / half_h
    x = (np.arange(width) - rng.uniform(half_w, width - half_w))[None] / half_w
    if rng.random() < 0.5:
        return np.asarray(np.hypot(x, y) <= 1.0)
    return np.asarray(np.maximum(np.abs(x), np.abs(y)) <= 1.0)


def _mix(real: ImageU8, fake: ImageU8, share: float) -> ImageU8:
    mixed = real.astype(np.float32) * share + fake.astype(np.float32) * (1 - share)
    return np.asarray(mixed.round(), np.uint8)


def fit_side(side: int) -> int:
    """Return the largest side, px, up to `side` that the latent can hold."""
    return side // SCALE * SCALE
