"""A labelled real/fake set from nothing but real photos: `fakelens synthesize`, as a library call."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.progress import Progress

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import check_output, stage_folder
from fakelens.edge_runtime.pictures.preprocess import ImageU8, load_image
from fakelens.edge_runtime.pictures.sources import walk_images
from fakelens.train.audit.probe import ProbeResult, probe_metadata
from fakelens.train.fakes.autoencoder import (
    CROP_PX,
    MARGIN_PX,
    AutoencoderConfig,
    AutoencoderResult,
    regenerate,
    train_autoencoder,
)
from fakelens.train.fakes.photo_survey import Photo, SurveyConfig, survey_photos
from fakelens.train.fakes.photos import BUILTIN, export_photos, refuse_among_photos
from fakelens.train.fakes.progress import open_progress
from fakelens.train.fakes.quality import PairQuality, QualityMeter
from fakelens.train.fakes.tiles import compress_like, save_tile

REPORT_NAME = "synthesis.json"
_MOST_CROPS = 6000  # of all photos together, to bound the memory
_CROPS_A_PHOTO = 150
_MOST_PROBED_PAIRS = 1500
_PROBE_NOISE = 0.03  # AUC; what chance alone may do to the probe


@dataclass(frozen=True, kw_only=True)
class SynthesizeConfig:
    """What to make; `photos` is a folder or `builtin`."""

    photos: str
    output: Path
    tile_size: int = 32  # px
    tiles_per_photo: int = 200  # at most, of either class
    steps: int = AutoencoderConfig.steps  # of the auto-encoder's training
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class PhotoRecord:
    """A photo that was used."""

    name: str  # how its tiles' names begin
    digest: str  # SHA-256 of its decoded pixels
    split: Split
    tiles: int  # of either class
    seen: bool  # whether the auto-encoder was trained on it


@dataclass(frozen=True, kw_only=True)
class SynthesizeResult:
    """What was made and how good it is; `synthesis.json` holds the same."""

    photos: tuple[PhotoRecord, ...]
    skipped: tuple[str, ...]  # one line each: what and why
    autoencoder_loss: float
    quality: PairQuality
    unseen_quality: PairQuality  # of the photos that the auto-encoder was not trained on
    metadata_auc: float  # .50: file metadata do not give the class away
    metadata_images: int

    def count(self, split: Split) -> int:
        """Return the tiles of `split`, both classes together."""
        return 2 * sum(photo.tiles for photo in self.photos if photo.split is split)


def synthesize(config: SynthesizeConfig) -> SynthesizeResult:
    """Write `config.output`/{train,val,test}/{real,fake}/*.png and `synthesis.json`; return what was made.

    Photos are split, never tiles; the auto-encoder sees the train photos only. The output appears when it
    is complete. Raises `UsageError` for photos or an output that cannot be used.
    """
    _check_config(config)
    with ExitStack() as stack:
        progress = stack.enter_context(open_progress())
        paths = _find_photos(config, stack)
        survey = survey_photos(progress.track(paths, description="reading photos"), _configure_survey(config))
        staging = stack.enter_context(stage_folder(config.output))
        trained = _train(survey.photos, config, progress)
        every, unseen = _write_tiles(survey.photos, trained, staging, progress)
        probe = _probe_tiles(staging, config.seed)
        result = SynthesizeResult(
            photos=tuple(_record(photo) for photo in survey.photos),
            skipped=survey.skipped,
            autoencoder_loss=trained.loss,
            quality=every,
            unseen_quality=unseen,
            metadata_auc=probe.auc.value,
            metadata_images=probe.images,
        )
        settings = asdict(config) | {"output": str(config.output)}
        report = json.dumps({"config": settings} | asdict(result), indent=1)
        (staging / REPORT_NAME).write_text(report + "\n", encoding="utf-8")
    return result


def describe_tiles(result: SynthesizeResult) -> Iterator[str]:
    """Yield what was made and how good it is, line by line."""
    for split in Split:
        names = [photo.name for photo in result.photos if photo.split is split]
        yield f"{split:<5} {result.count(split):>6} tiles from {len(names)} photos: {', '.join(names)}"
    yield (
        f"fakes differ from their reals by {result.unseen_quality.difference:.1f} grey levels on average "
        f"(PSNR {result.unseen_quality.psnr_db:.1f} dB, photos the auto-encoder never saw)"
    )
    given_away = abs(result.metadata_auc - 0.5) > _PROBE_NOISE
    yield (
        f"a probe on file metadata scores AUC {result.metadata_auc:.2f} (.50 is chance): "
        + ("it GIVES THE CLASS AWAY, do not train on this set" if given_away else "no class given away")
    )


def _check_config(config: SynthesizeConfig) -> None:
    check_output(config.output, "-o")
    refuse_among_photos(config.photos, config.output)
    if not 16 <= config.tile_size <= 512:
        raise UsageError(f"a tile size of {config.tile_size} px cannot be used: give one of 16 to 512")
    if config.tiles_per_photo < 1 or config.steps < 1:
        raise UsageError("the numbers of tiles a photo and of steps must be at least 1")


def _configure_survey(config: SynthesizeConfig) -> SurveyConfig:
    return SurveyConfig(
        tile_size=config.tile_size,
        tiles_per_photo=config.tiles_per_photo,
        margin=MARGIN_PX,
        smallest_side=max(config.tile_size + 2 * MARGIN_PX, CROP_PX),
        seed=config.seed,
    )


def _find_photos(config: SynthesizeConfig, stack: ExitStack) -> list[Path]:
    folder = Path(config.photos)
    if config.photos == BUILTIN:
        return export_photos(Path(stack.enter_context(tempfile.TemporaryDirectory())))
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder of photos: give one, or the word {BUILTIN}")
    paths = list(walk_images(folder))
    if not paths:
        raise UsageError(f"{folder} holds no images: give a folder of real photos, or the word {BUILTIN}")
    return paths


def _train(photos: Sequence[Photo], config: SynthesizeConfig, progress: Progress) -> AutoencoderResult:
    chosen = [photo for photo in photos if photo.split is Split.TRAIN]
    rng = np.random.default_rng(config.seed)
    count = max(1, min(_CROPS_A_PHOTO, _MOST_CROPS // len(chosen)))
    crops = np.concatenate([_cut_crops(photo, count, rng) for photo in chosen])
    task = progress.add_task("training the auto-encoder", total=config.steps)
    training = AutoencoderConfig(steps=config.steps, seed=config.seed)
    return train_autoencoder(crops, training, on_step=lambda: progress.advance(task))


def _cut_crops(photo: Photo, count: int, rng: np.random.Generator) -> ImageU8:
    pixels = np.asarray(load_image(photo.path), dtype=np.uint8)
    tops = rng.integers(0, pixels.shape[0] - CROP_PX + 1, count)
    lefts = rng.integers(0, pixels.shape[1] - CROP_PX + 1, count)
    return np.stack(
        [pixels[top : top + CROP_PX, left : left + CROP_PX] for top, left in zip(tops, lefts, strict=True)]
    )


def _write_tiles(
    photos: Sequence[Photo], trained: AutoencoderResult, folder: Path, progress: Progress
) -> tuple[PairQuality, PairQuality]:
    """Save every tile and its twin; return how close they are: over all photos, over the unseen ones."""
    every, unseen = QualityMeter(), QualityMeter()
    for photo in progress.track(photos, description="regenerating"):
        real = np.asarray(load_image(photo.path), dtype=np.uint8)
        fake = compress_like(photo.path, regenerate(trained, real))
        folders = folder / photo.split / "real", folder / photo.split / "fake"
        for target in folders:
            target.mkdir(parents=True, exist_ok=True)
        for row, column in photo.grid.cells:
            tiles = photo.grid.cut(real, (row, column)), photo.grid.cut(fake, (row, column))
            for target, tile in zip(folders, tiles, strict=True):
                save_tile(target / f"{photo.name}-{row:03d}-{column:03d}.png", tile)
            every.add(*tiles)
            if photo.split is not Split.TRAIN:
                unseen.add(*tiles)
    return every.result(), unseen.result()


def _probe_tiles(folder: Path, seed: int) -> ProbeResult:
    reals = sorted(folder.glob("*/real/*.png"))
    chosen = np.random.default_rng(seed).permutation(len(reals))[:_MOST_PROBED_PAIRS]
    probed = [reals[index] for index in sorted(chosen)]
    return probe_metadata(probed, [path.parents[1] / "fake" / path.name for path in probed], seed)


def _record(photo: Photo) -> PhotoRecord:
    return PhotoRecord(
        name=photo.name,
        digest=photo.digest,
        split=photo.split,
        tiles=len(photo.grid.cells),
        seen=photo.split is Split.TRAIN,
    )
