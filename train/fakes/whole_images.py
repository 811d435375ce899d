"""Whole fakes of real photos, one source folder for each generator and manipulation: `synthesize --whole`."""

import json
import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.progress import Progress

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import check_output, stage_folder
from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.fakes.autoencoder import CROP_PX, AutoencoderConfig, AutoencoderResult, regenerate
from fakelens.train.fakes.generators import GENERATOR_CROP_PX, train_generator
from fakelens.train.fakes.kinds import Generator, GeneratorSpec, Manipulation, draw_spec
from fakelens.train.fakes.manipulations import Manipulated, copy_move, inpaint, splice
from fakelens.train.fakes.originals import choose_evenly, find_originals
from fakelens.train.fakes.photos import BUILTIN, export_photos, refuse_among_photos
from fakelens.train.fakes.progress import open_progress
from fakelens.train.fakes.quality import PairQuality
from fakelens.train.fakes.reader_writer import FakeRecord, FakeWriter, LoadedPhoto, Workshop
from fakelens.train.fakes.spectrum import align_spectrum

REPORT_NAME = "synthesis.json"
_TRAINED_ON = 1200  # photos at most, of which the generators see crops
_CROPS = 4800  # of all photos together, to bound the memory
_BATCH = 8
_MOST_LEFT = 0.5  # of the original, mixed into a sharp fake
_SPREAD = 0.25  # share of the in-painted regions that no generator makes

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class WholeConfig:
    """What to make; `photos` is a folder or `builtin`."""

    photos: str
    output: Path
    generators: tuple[Generator, ...] = tuple(Generator)
    manipulations: tuple[Manipulation, ...] = tuple(Manipulation)
    per_faker: int = 500  # photos, evenly over the sources
    most_px: int = 512  # side; the middle is cut out of larger photos
    steps: int = 600  # of each generator's training
    sharp: float = 0.0  # share of what generators make that gets its original's sharpness, and a part of it
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class FakerResult:
    """What one generator or manipulation made, compared with the originals after re-encoding."""

    name: str
    quality: PairQuality | None  # None where nothing could be made
    unseen_quality: PairQuality | None  # of val and test; None where there are none
    fakes: tuple[FakeRecord, ...]
    spec: GeneratorSpec | None = None  # of a generator
    loss: float | None = None  # of a generator, after training

    def count(self, split: Split) -> int:
        """Return how many of the fakes are in `split`."""
        return sum(fake.split is split for fake in self.fakes)


@dataclass(frozen=True, kw_only=True)
class WholeResult:
    """What was made; `synthesis.json` holds the same."""

    fakers: tuple[FakerResult, ...]
    trained_on: tuple[str, ...]  # digests of the train photos of which the generators saw crops
    skipped: tuple[str, ...]  # one line each: what and why


Trained = dict[Generator, AutoencoderResult]


def synthesize_whole(config: WholeConfig) -> WholeResult:
    """Write `config.output`/<faker>/<split>/fake/ (and mask/ for manipulations) and `synthesis.json`.

    The originals' splits are kept, or made where there are none; the generators see train photos only.
    Fakes have the encoding of their originals. The output appears when it is complete. Raises `UsageError`
    for photos or an output that cannot be used.
    """
    _check_config(config)
    with ExitStack() as stack:
        folder = Path(config.photos)
        if config.photos == BUILTIN:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            export_photos(folder)
        photos = find_originals(folder, config.seed)
        shop = Workshop(
            photos=photos,
            folder=stack.enter_context(stage_folder(config.output)),
            most_px=config.most_px,
            seed=config.seed,
            progress=stack.enter_context(open_progress()),
        )
        specs = tuple(draw_spec(generator, config.seed) for generator in config.generators)
        trained: Trained = {}
        if specs:
            crops = _cut_crops(shop)
            trained = {spec.generator: _train(crops, spec, config, shop.progress) for spec in specs}
        trained_on = tuple(sorted(shop.places)) if specs else ()
        fakers = [_run_generator(shop, spec, trained[spec.generator], config) for spec in specs]
        fakers += [
            _run_manipulation(shop, manipulation, trained, config) for manipulation in config.manipulations
        ]
        result = WholeResult(fakers=tuple(fakers), trained_on=trained_on, skipped=tuple(shop.skipped))
        settings = asdict(config) | {"output": str(config.output)}
        report = json.dumps({"config": settings} | asdict(result), indent=1)
        (shop.folder / REPORT_NAME).write_text(report + "\n", encoding="utf-8")
    return result


def describe_whole(result: WholeResult) -> Iterator[str]:
    """Yield a line a faker: how many fakes, how close to their originals."""
    for faker in result.fakers:
        counts = ", ".join(f"{faker.count(split)} {split}" for split in Split if faker.count(split))
        quality = faker.unseen_quality or faker.quality
        if quality is None:
            yield f"{faker.name:<12} nothing: no photo could be used"
            continue
        yield (
            f"{faker.name:<12} {counts}; differs by {quality.difference:.1f} grey levels "
            f"(PSNR {quality.psnr_db:.1f} dB, sharpness {quality.sharpness:.2f} of the originals')"
        )


def _check_config(config: WholeConfig) -> None:
    check_output(config.output, "-o")
    refuse_among_photos(config.photos, config.output)
    if config.per_faker < 1 or config.steps < 1:
        raise UsageError("the numbers of photos and of steps must be at least 1")
    if not 0 <= config.sharp <= 1:
        raise UsageError(f"a share of {config.sharp:g} sharp fakes cannot be made: give one of 0 to 1")
    if config.most_px < GENERATOR_CROP_PX:
        raise UsageError(
            f"photos of at most {config.most_px} px are too small: give {GENERATOR_CROP_PX} or more"
        )


def _cut_crops(shop: Workshop) -> ImageU8:
    """Return random crops of train photos, uint8 [n, GENERATOR_CROP_PX, GENERATOR_CROP_PX, 3]."""
    of_train = [photo for photo in shop.photos if photo.split is Split.TRAIN]
    chosen = choose_evenly(of_train, _TRAINED_ON, shop.seed, "crops")
    count = max(1, _CROPS // len(chosen))
    rng = np.random.default_rng(shop.seed)
    crops = []
    for photo in shop.progress.track(chosen, description="reading photos"):
        loaded = shop.load(photo, GENERATOR_CROP_PX)
        if loaded is None:
            continue
        for _ in range(count):
            top, left = (int(rng.integers(0, n - GENERATOR_CROP_PX + 1)) for n in loaded.pixels.shape[:2])
            crops.append(loaded.pixels[top : top + GENERATOR_CROP_PX, left : left + GENERATOR_CROP_PX])
    if not crops:
        raise UsageError(f"no photo to train on can be used: {next(iter(shop.skipped))}")
    return np.stack(crops)


def _train(crops: ImageU8, spec: GeneratorSpec, config: WholeConfig, progress: Progress) -> AutoencoderResult:
    task = progress.add_task(f"training {spec.generator}", total=config.steps)
    side = GENERATOR_CROP_PX if spec.halvings > 1 else CROP_PX  # a weak bottleneck sees less far
    start = (GENERATOR_CROP_PX - side) // 2
    trained = train_generator(
        crops[:, start : start + side, start : start + side],
        spec,
        AutoencoderConfig(steps=config.steps, batch_size=_BATCH, seed=config.seed, recolour=False),
        on_step=lambda: progress.advance(task),
    )
    log.info("%s is trained, loss %.2f", spec.generator, trained.loss)
    return trained


def _run_generator(
    shop: Workshop, spec: GeneratorSpec, trained: AutoencoderResult, config: WholeConfig
) -> FakerResult:
    writer = FakeWriter(shop.folder / spec.generator)
    for photo in shop.read(spec.generator, config.per_faker):
        writer.write(photo, _make_twin(photo, trained, config, _draw_rng(shop, photo)))
    log.info("%s: %d fakes", spec.generator, len(writer.records))
    return FakerResult(
        name=str(spec.generator),
        quality=writer.quality(),
        unseen_quality=writer.unseen_quality(),
        fakes=tuple(writer.records),
        spec=spec,
        loss=trained.loss,
    )


def _run_manipulation(
    shop: Workshop, manipulation: Manipulation, trained: Trained, config: WholeConfig
) -> FakerResult:
    writer = FakeWriter(shop.folder / manipulation)
    for photo in shop.read(manipulation, config.per_faker):
        made = _manipulate(shop, manipulation, photo, trained, config)
        if made is not None:
            writer.write_changed(photo, made)
    log.info("%s: %d fakes", manipulation, len(writer.records))
    return FakerResult(
        name=str(manipulation),
        quality=writer.quality(),
        unseen_quality=writer.unseen_quality(),
        fakes=tuple(writer.records),
    )


def _manipulate(
    shop: Workshop,
    manipulation: Manipulation,
    photo: LoadedPhoto,
    trained: Trained,
    config: WholeConfig,
) -> Manipulated | None:
    rng = _draw_rng(shop, photo)
    match manipulation:
        case Manipulation.SPLICE:
            donor = shop.find_donor(photo, rng)
            return None if donor is None else splice(photo.pixels, donor.pixels, rng)
        case Manipulation.COPY_MOVE:
            return copy_move(photo.pixels, rng)
        case Manipulation.INPAINT:
            spread = not trained or rng.random() < _SPREAD
            twin = None if spread else _make_twin(photo, trained[_pick(trained, rng)], config, rng)
            return inpaint(photo.pixels, twin, rng)


def _make_twin(
    photo: LoadedPhoto, trained: AutoencoderResult, config: WholeConfig, rng: np.random.Generator
) -> ImageU8:
    """Return `photo`, uint8 [h, w, 3], as the generator gives it back."""
    twin = regenerate(trained, photo.pixels)
    if not config.sharp or rng.random() >= config.sharp:
        return twin
    return align_spectrum(photo.pixels, twin, rng.uniform(0.0, _MOST_LEFT))


def _draw_rng(shop: Workshop, photo: LoadedPhoto) -> np.random.Generator:
    return np.random.default_rng([shop.seed, int(photo.digest, 16)])


def _pick(trained: Trained, rng: np.random.Generator) -> Generator:
    return list(trained)[rng.integers(len(trained))]
