"""A labelled real/fake set from nothing but real photos: `fakelens synthesize`, as a library call."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.preprocess import ImageU8, load_image
from fakelens.edge_runtime.sources import walk_images
from fakelens.edge_runtime.strenum import StrEnum
from fakelens.train.autoencoder import (
    CROP_PX,
    MARGIN_PX,
    AutoencoderConfig,
    AutoencoderResult,
    regenerate,
    train_autoencoder,
)
from fakelens.train.photos import BUILTIN, export_photos
from fakelens.train.probe import probe_metadata
from fakelens.train.quality import PairQuality, QualityMeter
from fakelens.train.tiles import TileGrid, compress_like, plan_tiles, save_tile

REPORT_NAME = "synthesis.json"
_FEWEST_PHOTOS = 3  # one for each split
_MOST_CROPS = 6000  # of all photos together, to bound the memory
_CROPS_A_PHOTO = 150
_MOST_PROBED_PAIRS = 1500


class Split(StrEnum):
    """What a photo and all its tiles are for."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


@dataclass(frozen=True, kw_only=True)
class SynthesizeConfig:
    """What to make; `photos` is a folder or `builtin`."""

    photos: str
    output: Path
    tile_size: int = 32  # px
    tiles_per_photo: int = 200  # at most, of either class
    val_share: float = 0.2  # of the photos
    test_share: float = 0.2
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


@dataclass(frozen=True, kw_only=True)
class _Photo:
    """A usable photo: where it is and which of its tiles are taken."""

    path: Path
    name: str
    digest: str
    is_grey: bool
    grid: TileGrid


def synthesize(config: SynthesizeConfig) -> SynthesizeResult:
    """Write `config.output`/{train,val,test}/{real,fake}/*.png and `synthesis.json`; return what was made.

    Photos are split, never tiles; the auto-encoder sees the train photos only. The output appears when it
    is complete. Raises `UsageError` for photos or an output that cannot be used.
    """
    _check_config(config)
    with ExitStack() as stack:
        progress = stack.enter_context(_open_progress())
        staging = stack.enter_context(_stage(config.output))
        photos, skipped = _survey_photos(_find_photos(config, stack), config, progress)
        split = split_photos([(photo.is_grey, photo.digest) for photo in photos], config)
        model = _train(photos, split, config, progress)
        quality = _write_tiles(photos, split, model, staging, progress)
        result = _finish(photos, split, skipped, model, quality, staging, config.seed)
        settings = asdict(config) | {"output": str(config.output)}
        report = json.dumps({"config": settings} | asdict(result), indent=1)
        (staging / REPORT_NAME).write_text(report + "\n", encoding="utf-8")
    return result


def split_photos(photos: list[tuple[bool, str]], config: SynthesizeConfig) -> list[Split]:
    """Return the split of each photo (is it grey, its digest); names and order have no say, the seed has.

    Each split gets its share of grey photos, and at least one photo.
    """
    order = sorted(photos, key=lambda photo: (photo[0], _shuffle_key(config.seed, photo[1])))
    val = min(max(1, round(config.val_share * len(order))), len(order) - 2)
    test = min(max(1, round(config.test_share * len(order))), len(order) - 1 - val)
    wanted = {Split.TRAIN: len(order) - val - test, Split.VAL: val, Split.TEST: test}
    given = dict.fromkeys(Split, 0)
    places: dict[tuple[bool, str], Split] = {}
    for count, photo in enumerate(order, 1):  # to whom most is still due
        places[photo] = max(Split, key=lambda split: wanted[split] * count / len(order) - given[split])
        given[places[photo]] += 1
    return [places[photo] for photo in photos]


def digest_pixels(pixels: ImageU8) -> str:
    """Return the SHA-256 of the decoded picture, so that a copy in another format is the same one."""
    return hashlib.sha256(f"{pixels.shape}".encode() + pixels.tobytes()).hexdigest()


def _shuffle_key(seed: int, digest: str) -> bytes:
    return hashlib.sha256(f"{seed} {digest}".encode()).digest()


def _check_config(config: SynthesizeConfig) -> None:
    output = config.output
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise UsageError(f"{output} exists and is not empty: give another -o or remove it first")
    if not 16 <= config.tile_size <= 512:
        raise UsageError(f"a tile size of {config.tile_size} px cannot be used: give one of 16 to 512")
    if config.tiles_per_photo < 1 or config.steps < 1:
        raise UsageError("the numbers of tiles a photo and of steps must be at least 1")
    if min(config.val_share, config.test_share) < 0 or config.val_share + config.test_share >= 1:
        raise UsageError(
            f"shares of {config.val_share} (val) and {config.test_share} (test) leave nothing to train on"
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


def _survey_photos(
    paths: list[Path], config: SynthesizeConfig, progress: Progress
) -> tuple[list[_Photo], list[str]]:
    """Return the photos that can be used, each content once, and a line for each that cannot."""
    photos: dict[str, _Photo] = {}
    skipped: list[str] = []
    names: set[str] = set()
    smallest = max(config.tile_size + 2 * MARGIN_PX, CROP_PX)
    for path in progress.track(paths, description="reading photos"):
        try:
            pixels = np.asarray(load_image(path), dtype=np.uint8)
        except ImageError as error:
            skipped.append(str(error))
            continue
        digest = digest_pixels(pixels)
        if digest in photos:
            skipped.append(f"{path}: the same picture as {photos[digest].path.name}")
            continue
        if min(pixels.shape[:2]) < smallest:
            skipped.append(
                f"{path}: {pixels.shape[1]} x {pixels.shape[0]} px, at least {smallest} x {smallest} needed"
            )
            continue
        grid = _choose_tiles(pixels, digest, config)
        if not grid.cells:
            skipped.append(f"{path}: all its tiles are flat")
            continue
        name = path.stem if path.stem.lower() not in names else f"{path.stem}-{digest[:12]}"
        names.add(name.lower())
        is_grey = bool((pixels == pixels[..., :1]).all())
        photos[digest] = _Photo(path=path, name=name, digest=digest, is_grey=is_grey, grid=grid)
    if len(photos) < _FEWEST_PHOTOS:
        reason = f"; {skipped[0]}" if skipped else ""
        raise UsageError(
            f"{len(photos)} of {len(paths)} photos can be used, at least {_FEWEST_PHOTOS} are needed, "
            f"one each for train, val and test: add photos{reason}"
        )
    return list(photos.values()), skipped


def _choose_tiles(pixels: ImageU8, digest: str, config: SynthesizeConfig) -> TileGrid:
    rng = np.random.default_rng([config.seed, int(digest[:12], 16)])
    return plan_tiles(pixels, config.tile_size, MARGIN_PX, rng).sample(config.tiles_per_photo, rng)


def _train(
    photos: list[_Photo], split: list[Split], config: SynthesizeConfig, progress: Progress
) -> AutoencoderResult:
    chosen = [photo for photo, part in zip(photos, split, strict=True) if part is Split.TRAIN]
    rng = np.random.default_rng(config.seed)
    count = max(1, min(_CROPS_A_PHOTO, _MOST_CROPS // len(chosen)))
    crops = np.concatenate([_cut_crops(photo, count, rng) for photo in chosen])
    task = progress.add_task("training the auto-encoder", total=config.steps)
    training = AutoencoderConfig(steps=config.steps, seed=config.seed)
    return train_autoencoder(crops, training, on_step=lambda: progress.advance(task))


def _cut_crops(photo: _Photo, count: int, rng: np.random.Generator) -> ImageU8:
    pixels = np.asarray(load_image(photo.path), dtype=np.uint8)
    tops = rng.integers(0, pixels.shape[0] - CROP_PX + 1, count)
    lefts = rng.integers(0, pixels.shape[1] - CROP_PX + 1, count)
    return np.stack(
        [pixels[top : top + CROP_PX, left : left + CROP_PX] for top, left in zip(tops, lefts, strict=True)]
    )


def _write_tiles(
    photos: list[_Photo], split: list[Split], trained: AutoencoderResult, folder: Path, progress: Progress
) -> tuple[PairQuality, PairQuality]:
    """Save every tile and its twin; return how close they are: over all photos, over the unseen ones."""
    every, unseen = QualityMeter(), QualityMeter()
    pairs = list(zip(photos, split, strict=True))
    for photo, part in progress.track(pairs, description="regenerating"):
        real = np.asarray(load_image(photo.path), dtype=np.uint8)
        fake = compress_like(photo.path, regenerate(trained, real))
        for label, pixels in (("real", real), ("fake", fake)):
            target = folder / part / label
            target.mkdir(parents=True, exist_ok=True)
            for row, column in photo.grid.cells:
                tile = photo.grid.cut(pixels, (row, column))
                save_tile(target / f"{photo.name}-{row:03d}-{column:03d}.png", tile)
        for cell in photo.grid.cells:
            for meter in (every, unseen) if part is not Split.TRAIN else (every,):
                meter.add(photo.grid.cut(real, cell), photo.grid.cut(fake, cell))
    return every.result(), unseen.result()


def _finish(
    photos: list[_Photo],
    split: list[Split],
    skipped: list[str],
    trained: AutoencoderResult,
    quality: tuple[PairQuality, PairQuality],
    folder: Path,
    seed: int,
) -> SynthesizeResult:
    reals = sorted(folder.glob("*/real/*.png"))
    chosen = np.random.default_rng(seed).permutation(len(reals))[:_MOST_PROBED_PAIRS]
    probed = [reals[index] for index in sorted(chosen)]
    probe = probe_metadata(probed, [path.parents[1] / "fake" / path.name for path in probed], seed)
    return SynthesizeResult(
        photos=tuple(
            PhotoRecord(
                name=photo.name,
                digest=photo.digest,
                split=part,
                tiles=len(photo.grid.cells),
                seen=part is Split.TRAIN,
            )
            for photo, part in zip(photos, split, strict=True)
        ),
        skipped=tuple(skipped),
        autoencoder_loss=trained.loss,
        quality=quality[0],
        unseen_quality=quality[1],
        metadata_auc=probe.auc,
        metadata_images=probe.images,
    )


@contextmanager
def _open_progress() -> Iterator[Progress]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress


@contextmanager
def _stage(output: Path) -> Iterator[Path]:
    """Yield a folder that becomes `output` at the end, and is gone after any error or interruption."""
    output.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=output.parent, prefix=f".{output.name}."))
    try:
        yield staging
        mask = os.umask(0)
        os.umask(mask)
        staging.chmod(0o777 & ~mask)
        if output.exists():
            output.rmdir()
        staging.rename(output)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
