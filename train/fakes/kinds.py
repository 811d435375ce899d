"""The generators and manipulations that make fakes, by name, and the building of each."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from fakelens.edge_runtime.errors import UsageError


class Generator(StrEnum):
    """An auto-encoder that gives a photo back with the trace of its kind of up-sampling."""

    NEAREST = "nearest"  # pixels doubled, then convolved: diffusion's and many GANs' way
    BILINEAR = "bilinear"  # interpolated, then convolved: StyleGAN's way
    TRANSPOSED = "transposed"  # strided convolutions turned round: DCGAN's way
    SHUFFLE = "shuffle"  # channels become pixels (Shi et al. 2016, arXiv:1609.05158)
    LATENT4 = "latent4"  # a quarter of the side and few channels: VQGAN's decoder in small
    LATENT8 = "latent8"  # an eighth of the side: the decoder of latent diffusion (arXiv:2112.10752) in small
    ADVERSARIAL = "adversarial"  # a quarter of the side, and a discriminator that asks for texture


class Manipulation(StrEnum):
    """A change of one region of a photo; the rest stays as it is."""

    SPLICE = "splice"  # a region of another photo
    COPY_MOVE = "copy-move"  # a region of the same photo
    INPAINT = "inpaint"  # a region made anew, by a generator or by spreading what surrounds it


class Upsampling(StrEnum):
    """How a decoder doubles the side of its image."""

    NEAREST = "nearest"
    BILINEAR = "bilinear"
    TRANSPOSED = "transposed"
    SHUFFLE = "shuffle"


@dataclass(frozen=True, kw_only=True)
class DecoderSpec:
    """What tells one decoder from another: how it comes from a latent image to a picture."""

    upsampling: Upsampling
    halvings: int  # of the side, until the latent image; 1 to 3
    width: int  # channels at half the side; a multiple of 16
    inner: tuple[int, ...] = (48, 64)  # channels at a quarter and an eighth of the side
    outer: int = 16  # channels at full size, where they cost most
    activation: str  # a Keras name, or leaky_relu
    kernel: int = 4  # px, of transposed convolutions
    blocks: int = 1  # pairs of convolutions at the innermost side, one fewer at each larger one
    direct: bool = False  # the last up-sampling gives the colours; no convolution smooths its grid
    tail: int = 0  # 3x3 convolutions at full size before the last one

    @property
    def scale(self) -> int:
        """Side of the image over side of the latent image."""
        return int(2**self.halvings)

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels at half the side, at a quarter, and so on."""
        return (self.width, *self.inner)[: self.halvings]


@dataclass(frozen=True, kw_only=True)
class GeneratorSpec(DecoderSpec):
    """What tells one generator from another: its decoder, and the latent image that its encoder makes."""

    generator: Generator
    latent: int  # channels of the latent image
    adversarial: bool = False

    @property
    def margin(self) -> int:
        """How far an output pixel sees at most, in px, rounded up to a multiple of 8."""
        return 24 if self.halvings == 1 else 40 if self.halvings == 2 else 72


def draw_spec(generator: Generator, seed: int) -> GeneratorSpec:
    """Return a generator of that kind; what its kind leaves open is drawn by `seed`."""
    rng = random.Random(f"{seed} {generator}")
    activation = rng.choice(["leaky_relu", "elu", "swish"])
    kernel = rng.choice([3, 4])
    halvings = {Generator.LATENT4: 2, Generator.ADVERSARIAL: 2, Generator.LATENT8: 3}.get(generator, 1)
    if halvings > 1:
        adversarial = generator is Generator.ADVERSARIAL
        upsamplings = [Upsampling.BILINEAR, Upsampling.TRANSPOSED] if adversarial else [Upsampling.NEAREST]
        return GeneratorSpec(
            generator=generator,
            upsampling=rng.choice(upsamplings),
            halvings=halvings,
            latent=8 if halvings == 2 else 32,
            width=rng.choice([16, 32]),
            activation=activation,
            tail=rng.choice([0, 1]),
            adversarial=adversarial,
        )
    upsampling = Upsampling(generator.value)
    checkered = upsampling in {Upsampling.TRANSPOSED, Upsampling.SHUFFLE}
    return GeneratorSpec(
        generator=generator,
        upsampling=upsampling,
        halvings=1,
        latent=rng.choice([8, 12]),
        width=rng.choice([32, 48]),
        activation=activation,
        kernel=kernel,
        blocks=0,
        direct=checkered and rng.random() < 0.5,
        tail=rng.choice([0, 1]),
    )


def list_fakers() -> list[str]:
    """Return the names of all generators, then of all manipulations."""
    return [*Generator, *Manipulation]


def parse_fakers(names: Iterable[str]) -> tuple[tuple[Generator, ...], tuple[Manipulation, ...]]:
    """Return the generators and the manipulations among `names`; `UsageError` for any other, or none."""
    wanted = {name.strip().lower() for name in names if name.strip()}
    unknown = sorted(wanted - set(list_fakers()))
    if unknown or not wanted:
        what = f"no generator is called {unknown[0]}" if unknown else "no generator is named"
        raise UsageError(f"{what}: choose from {', '.join(list_fakers())}")
    return tuple(g for g in Generator if g in wanted), tuple(m for m in Manipulation if m in wanted)
