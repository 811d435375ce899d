"""Decoders of our own on the latents of a given encoder: `synthesize --whole --autoencoder --own-decoders`.

All twins of one decoder teach that decoder. Others on the same latents leave other traces of the same photo:
each up-samples in its own way, has drawn widths and activations, and learns to give photos back, first by
their pixels, then against a discriminator too. What reads the latents, up to a quarter of the picture's side,
is the given decoder's, for that takes hours to learn; the last two doublings, which leave the finest traces,
are our own. What is trained stays in DATA/decoders for the next time.
"""

import io
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from functools import partial
from pathlib import Path

import numpy as np
import tf_keras as keras
from rich.progress import Progress

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import UsageError, explain_os_error
from fakelens.edge_runtime.files import name_archive_errors, write_atomic
from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.fakes.adversary import build_adversarial_step
from fakelens.train.fakes.autoencoder import AutoencoderConfig, Batch, run_steps
from fakelens.train.fakes.cuts import Cut, CutConfig, read_cuts
from fakelens.train.fakes.decoder_start import WHITE, start_from_colours
from fakelens.train.fakes.decoders import decode
from fakelens.train.fakes.kinds import DecoderSpec, Upsampling
from fakelens.train.fakes.latents import READ_SCALE, LatentAutoencoder, Latents
from fakelens.train.fakes.quality import PairQuality, QualityMeter

# The given decoder doubles by nearest neighbour: that comes last.
_WAYS = (Upsampling.TRANSPOSED, Upsampling.SHUFFLE, Upsampling.BILINEAR, Upsampling.NEAREST)
MOST_DECODERS = len(_WAYS)
_FOLDER = "decoders"
_WINDOW_PX = 96  # side of what a step sees of a cut
_BATCH = 4
_ENCODED = 8  # cuts at once
_LEARNED_PX = 12_000_000  # of all cuts to learn from together, to bound the memory
_MEASURED_PX = 2_000_000  # of all cuts that the figures are of
_FIGURES = [field.name for field in fields(PairQuality)]


@dataclass(frozen=True, kw_only=True)
class OwnConfig:
    """How many decoders, how long each is trained, and where they are kept."""

    count: int
    steps: int
    output: Path
    cuts: CutConfig


@dataclass(frozen=True, kw_only=True)
class OwnDecoder:
    """A trained decoder."""

    name: str  # of the part of the output that its twins make
    spec: DecoderSpec
    model: keras.Model
    loss: float  # mean over the last tenth of the steps
    quality: PairQuality | None  # of plain round trips of val and test photos; None where there are none

    def paint(self, read: Latents) -> ImageU8:
        """Return images, uint8 [n, h, w, 3], of what the auto-encoder reads in latents."""
        images = self.model(read, training=False).numpy()
        return np.asarray(np.clip(np.rint(images), 0, 255), np.uint8)


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Cuts of photos and what the given decoder reads in their latents, in the same order."""

    cuts: ImageU8  # [n, side, side, 3]
    read: Latents


def open_decoders(
    config: OwnConfig, cuts: Sequence[Cut], autoencoder: LatentAutoencoder, progress: Progress
) -> tuple[OwnDecoder, ...]:
    """Return the decoders kept in the output; those not there yet learn from train photos among `cuts`.

    Raises `UsageError` for a file that is damaged or may not be read and where no photo can be read,
    `OSError` where one cannot be kept.
    """
    specs = draw_specs(config.count, config.cuts.seed)
    files = {name: config.output / _FOLDER / f"{name}.npz" for name in specs}
    found = {
        name: _load(file, name, specs[name], autoencoder) for name, file in files.items() if file.is_file()
    }
    missing = [name for name in specs if name not in found]
    if missing:
        seen, unseen = (
            _encode(_choose(cuts, config.cuts, learned), config.cuts, autoencoder, progress)
            for learned in (True, False)
        )
        if seen is None:
            raise UsageError("no photo to train decoders on can be read: add photos")
        for name in missing:
            task = progress.add_task(f"training {name}", total=config.steps)
            found[name] = train_decoder(
                name, specs[name], (seen, unseen), config, partial(progress.advance, task)
            )
            _save(files[name], found[name])
    return tuple(found[name] for name in specs)


def draw_specs(count: int, seed: int) -> dict[str, DecoderSpec]:
    """Return `count` decoders by the names of their parts; no two up-sample in the same way."""
    return {f"own-{way}": _draw_spec(way, seed) for way in _WAYS[:count]}


def train_decoder(
    name: str,
    spec: DecoderSpec,
    examples: tuple[Examples, Examples | None],
    config: OwnConfig,
    on_step: Callable[[], None] = lambda: None,
) -> OwnDecoder:
    """Return the decoder that the first of `examples` taught, measured on the second, which it never saw."""
    seen, unseen = examples
    training = AutoencoderConfig(steps=config.steps, batch_size=_BATCH, seed=config.cuts.seed, edge_px=0)
    keras.utils.set_random_seed(training.seed)
    model = build_decoder(spec, seen.read.shape[-1])
    start_from_colours(model, seen.read, seen.cuts)
    loss = run_steps(_draw_windows(seen, training), build_adversarial_step(model, training), on_step)
    trained = OwnDecoder(name=name, spec=spec, model=model, loss=loss, quality=None)
    return trained if unseen is None else replace(trained, quality=_measure(trained, unseen))


def _draw_spec(way: Upsampling, seed: int) -> DecoderSpec:
    rng = random.Random(f"{seed} own {way}")
    return DecoderSpec(
        upsampling=way,
        halvings=READ_SCALE.bit_length() - 1,
        width=rng.choice([32, 48]),
        inner=(rng.choice([48, 64]),),
        activation=rng.choice(["leaky_relu", "elu", "swish"]),
        blocks=2,
        tail=1,  # a last convolution smooths the grid that the eye would see, as in the decoders of the day
    )


def build_decoder(spec: DecoderSpec, channels: int) -> keras.Model:
    """Build the network, [n, h / 4, w / 4, channels] in, RGB 0..255 float32 [n, h, w, 3] out."""
    inputs = keras.Input((None, None, channels))
    white = keras.layers.Conv2D(channels, 1, name=WHITE)(inputs)
    return keras.Model(inputs, decode(white, spec), name=str(spec.upsampling))


def _choose(cuts: Sequence[Cut], config: CutConfig, learned: bool) -> list[Cut]:
    most = (_LEARNED_PX if learned else _MEASURED_PX) // config.side**2
    return [cut for cut in cuts if (cut.photo.split is Split.TRAIN) is learned][: max(1, most)]


def _encode(
    cuts: Sequence[Cut], config: CutConfig, autoencoder: LatentAutoencoder, progress: Progress
) -> Examples | None:
    """Return those of `cuts` that can be opened; None for none."""
    opened: list[ImageU8] = []
    read: list[Latents] = []
    batches = [cuts[start : start + _ENCODED] for start in range(0, len(cuts), _ENCODED)]
    for batch in progress.track(batches, description="latents of photos"):
        usable = [pixels for _, pixels, _ in read_cuts(batch, config, {})]  # the pairs say what was left out
        if usable:
            opened.append(np.stack(usable))
            read.append(autoencoder.read(autoencoder.encode(opened[-1])))
    return Examples(cuts=np.concatenate(opened), read=np.concatenate(read)) if opened else None


def _draw_windows(examples: Examples, config: AutoencoderConfig) -> Iterator[Batch]:
    """Yield what is read in the latents of windows of the cuts, and the windows, 0..255."""
    rng = np.random.default_rng(config.seed)
    count, height, width, _ = examples.read.shape
    side = min(_WINDOW_PX // READ_SCALE, height, width)
    for _ in range(config.steps):
        places = rng.integers(0, (count, height - side + 1, width - side + 1), (config.batch_size, 3))
        read = [examples.read[n, y : y + side, x : x + side] for n, y, x in places]
        windows = [
            examples.cuts[n, y : y + side * READ_SCALE, x : x + side * READ_SCALE]
            for n, y, x in places * (1, READ_SCALE, READ_SCALE)
        ]
        yield np.stack(read), np.stack(windows).astype(np.float32)


def _measure(decoder: OwnDecoder, examples: Examples) -> PairQuality:
    meter = QualityMeter()
    for cut, read in zip(examples.cuts, examples.read, strict=True):
        meter.add(cut, decoder.paint(read[None])[0])
    return meter.result()


def _save(path: Path, decoder: OwnDecoder) -> None:
    buffer = io.BytesIO()
    quality = () if decoder.quality is None else astuple(decoder.quality)
    np.savez(buffer, np.array([decoder.loss, *quality]), *decoder.model.get_weights())
    write_atomic(path, buffer.getvalue())


def _load(path: Path, name: str, spec: DecoderSpec, autoencoder: LatentAutoencoder) -> OwnDecoder:
    model = build_decoder(spec, autoencoder.read_channels)
    try:
        with np.load(path, allow_pickle=False) as file:
            figures, *weights = (file[key] for key in file.files)
        model.set_weights(weights)
        loss, *quality = map(float, figures)
        measured = PairQuality(**dict(zip(_FIGURES, quality, strict=True))) if quality else None
    except PermissionError as error:
        raise UsageError(explain_os_error(error)) from error
    except name_archive_errors(TypeError) as error:
        raise UsageError(f"{path}: damaged; remove it and repeat the command: it is trained anew") from error
    return OwnDecoder(name=name, spec=spec, model=model, loss=loss, quality=measured)
