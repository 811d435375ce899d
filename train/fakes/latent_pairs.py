"""Pairs of photos and their twins out of a latent auto-encoder: `synthesize --whole --autoencoder`.

One source folder for each way in which a twin comes back: DATA/<kind>/<split>/{real,fake}/<photo>-<cut>.png,
the two of a pair under one name, both PNG. In-painted twins get no mask: the decoder paints the whole
picture. What has been written is not made again, so an interrupted command goes on where it stopped.
"""

import io
import json
import tempfile
from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.files import check_output, write_atomic
from fakelens.edge_runtime.pictures.preprocess import ImageU8, load_image
from fakelens.train.audit.headers import read_header
from fakelens.train.data.file_threads import map_threads
from fakelens.train.fakes.latent_twins import Kind, Pair, cut_photo, make_pairs
from fakelens.train.fakes.latents import SCALE, LatentAutoencoder
from fakelens.train.fakes.originals import Original, find_originals
from fakelens.train.fakes.photos import BUILTIN, export_photos
from fakelens.train.fakes.progress import open_progress
from fakelens.train.fakes.quality import PairQuality, QualityMeter

REPORT_NAME = "synthesis.json"
_BATCH = 8  # cuts that go through the network together, each the neighbour of the next
_PIXELS_A_CUT = 4_000_000  # of a photo; so a photo of 12 megapixels gives three
_MOST_CUTS = 3
_HELD_OUT = 25  # times fewer photos of a source in val and test
_MEASURED = 200  # pairs of a kind that are read back for the figures
_SIDES = (64, 1024)  # px
_SEEDED = 15  # hex digits of a photo's digest that its random numbers follow from
_CLASSES = ("real", "fake")


@dataclass(frozen=True, kw_only=True)
class PairsConfig:
    """What to make; `photos` is a folder or `builtin`."""

    photos: str
    output: Path
    crop: int = 256  # px, side of a pair's pictures
    per_source: int = 1500  # photos of one source's train part, at most
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class PairRecord:
    """One pair."""

    name: str  # of both files
    original: str
    source: str
    split: Split


@dataclass(frozen=True, kw_only=True)
class KindResult:
    """The pairs of one kind."""

    name: str
    quality: PairQuality | None  # of some of the pairs; None where there are none
    fakes: tuple[PairRecord, ...]

    def count(self, split: Split) -> int:
        """Return how many of the pairs are in `split`."""
        return sum(record.split is split for record in self.fakes)


@dataclass(frozen=True, kw_only=True)
class PairsResult:
    """What there is now; `synthesis.json` holds the same."""

    fakers: tuple[KindResult, ...]
    skipped: tuple[str, ...]  # one line each: what and why


@dataclass(frozen=True, kw_only=True)
class _Cut:
    """One cut to be made of a photo."""

    photo: Original
    digest: str
    number: int

    @property
    def name(self) -> str:
        return f"{self.digest}-{self.number}"

    def draw(self, seed: int) -> np.random.Generator:
        """Return the random numbers of this cut: they hang on content, number and seed alone."""
        return np.random.default_rng([self.number, int(self.digest[:_SEEDED], 16), seed])


def synthesize_pairs(config: PairsConfig, autoencoder: LatentAutoencoder) -> PairsResult:
    """Write the pairs and `synthesis.json` into `config.output`; go on with what is there already.

    The photos' splits are kept, or made where there are none. Raises `UsageError` for photos or an output
    that cannot be used, and where the disk is full; every pair there is whole then.
    """
    _check_config(config)
    with ExitStack() as stack:
        folder = Path(config.photos)
        if config.photos == BUILTIN:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            export_photos(folder)
        skipped: dict[str, None] = {}
        cuts = _plan(find_originals(folder, config.seed), config, skipped)
        if not cuts:
            reason = next(iter(skipped), "there are none")
            raise UsageError(f"{config.photos}: no photo can be used ({reason}); add larger photos")
        progress = stack.enter_context(open_progress())
        try:
            _write_report(config, None)
            there = set(_list_pairs(config.output))
            batches = [cuts[start : start + _BATCH] for start in range(0, len(cuts), _BATCH)]
            for batch in progress.track(batches, description="latent pairs"):
                if any((cut.photo.split, cut.name) not in there for cut in batch):
                    made = _make_batch(batch, config, autoencoder, skipped)
                    _write_batch(made, config, there)
            result = _sum_up(cuts, config, tuple(skipped))
            _write_report(config, result)
        except OSError as error:
            reason = error.strerror or str(error)
            raise UsageError(
                f"{config.output}: cannot be written ({reason}); make room and repeat the command: it goes on"
            ) from error
    return result


def describe_pairs(result: PairsResult) -> Iterator[str]:
    """Yield a line a kind: how many pairs, how close the twins are."""
    for kind in result.fakers:
        counts = ", ".join(f"{kind.count(split)} {split}" for split in Split if kind.count(split))
        if kind.quality is None:
            yield f"{kind.name:<12} nothing"
            continue
        yield (
            f"{kind.name:<12} {counts} pairs; differs by {kind.quality.difference:.1f} grey levels "
            f"(PSNR {kind.quality.psnr_db:.1f} dB, sharpness {kind.quality.sharpness:.2f} of the originals')"
        )


def _check_config(config: PairsConfig) -> None:
    least, most = _SIDES
    if not least <= config.crop <= most or config.crop % SCALE:
        raise UsageError(
            f"--crop is {config.crop}, expected {least} to {most} px, a multiple of {SCALE}: try 256"
        )
    if config.per_source < 1:
        raise UsageError(f"--photos is {config.per_source}, expected 1 or more of each source")
    if config.seed < 0:
        raise UsageError(f"--seed is {config.seed}, expected 0 or more")
    report = config.output / REPORT_NAME
    if not report.is_file():
        check_output(config.output, "-o")
        return
    try:
        made = json.loads(report.read_text(encoding="utf-8"))["config"]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{report}: damaged; give another -o, or remove {config.output}") from error
    if made != _describe(config) | {"output": made.get("output")}:
        raise UsageError(
            f"{config.output} holds what other photos or options made: repeat those, or give another -o"
        )


def _describe(config: PairsConfig) -> dict[str, object]:
    return asdict(config) | {"output": str(config.output)}


def _plan(photos: Sequence[Original], config: PairsConfig, skipped: dict[str, None]) -> list[_Cut]:
    """Return the cuts of all photos in random order, each content in one split."""
    digests = list(map_threads(lambda photo: photo.digest(), photos, "reading photos"))
    parts: dict[tuple[str, Split], dict[str, Original]] = defaultdict(dict)
    places: dict[str, Split] = {}
    for photo, digest in sorted(zip(photos, digests, strict=True), key=lambda pair: pair[1]):
        if places.setdefault(digest, photo.split) is not photo.split:
            skipped[f"{photo.path}: the same file is in {places[digest]}"] = None
            continue
        part = parts[photo.source, photo.split]
        most = config.per_source if photo.split is Split.TRAIN else max(1, config.per_source // _HELD_OUT)
        if len(part) < most:
            part.setdefault(digest, photo)
    chosen = {digest: photo for part in parts.values() for digest, photo in part.items()}
    cuts = [
        _Cut(photo=photo, digest=digest, number=number)
        for digest, photo in sorted(chosen.items())
        for number in range(_count_cuts(photo, config.crop, skipped))
    ]
    return [cuts[place] for place in np.random.default_rng(config.seed).permutation(len(cuts))]


def _count_cuts(photo: Original, side: int, skipped: dict[str, None]) -> int:
    """Return how many cuts `photo` is worth by its size; 0, with a line in `skipped`, for none."""
    try:
        facts = read_header(photo.path)
    except ImageError as error:
        skipped[str(error)] = None
        return 0
    if min(facts.width_px, facts.height_px) < side:
        skipped[f"{photo.path}: {facts.width_px} x {facts.height_px} px, smaller than a cut of {side}"] = None
        return 0
    return min(_MOST_CUTS, max(1, round(facts.width_px * facts.height_px / _PIXELS_A_CUT)))


def _make_batch(
    batch: Sequence[_Cut], config: PairsConfig, autoencoder: LatentAutoencoder, skipped: dict[str, None]
) -> list[tuple[_Cut, Pair]]:
    rngs = [cut.draw(config.seed) for cut in batch]
    usable: list[tuple[_Cut, ImageU8, np.random.Generator]] = []
    for cut, rng in zip(batch, rngs, strict=True):
        try:
            pixels = cut_photo(load_image(cut.photo.path), config.crop, rng)
        except ImageError as error:
            skipped[str(error)] = None
            continue
        if pixels is not None:
            usable.append((cut, pixels, rng))
    if not usable:
        return []
    pairs = make_pairs(
        np.stack([pixels for _, pixels, _ in usable]), autoencoder, [rng for _, _, rng in usable]
    )
    return [(cut, pair) for (cut, _, _), pair in zip(usable, pairs, strict=True)]


def _write_batch(
    made: Sequence[tuple[_Cut, Pair]], config: PairsConfig, there: Container[tuple[Split, str]]
) -> None:
    for cut, pair in made:
        if (cut.photo.split, cut.name) not in there:
            _write_pair(config.output / pair.kind / cut.photo.split, cut.name, pair)


def _write_pair(folder: Path, name: str, pair: Pair) -> None:
    """Write both pictures or none."""
    targets = [folder / label / f"{name}.png" for label in _CLASSES]
    try:
        for target, pixels in zip(targets, (pair.real, pair.fake), strict=True):
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
            write_atomic(target, buffer.getvalue())
    except BaseException:
        for target in targets:
            target.unlink(missing_ok=True)
        raise


def _list_pairs(output: Path) -> dict[tuple[Split, str], Kind]:
    """Return the kind of each pair in `output` of which both pictures are there, by split and name."""
    found: dict[tuple[Split, str], Kind] = {}
    for kind in Kind:
        for split in Split:
            reals, fakes = (
                {path.stem for path in (output / kind / split / label).glob("*.png")} for label in _CLASSES
            )
            found |= {(split, name): kind for name in reals & fakes}
    return found


def _sum_up(cuts: Sequence[_Cut], config: PairsConfig, skipped: tuple[str, ...]) -> PairsResult:
    kinds = _list_pairs(config.output)
    records: dict[Kind, list[PairRecord]] = {kind: [] for kind in Kind}
    for cut in sorted(cuts, key=lambda cut: cut.name):
        photo = cut.photo
        if (photo.split, cut.name) in kinds:
            records[kinds[photo.split, cut.name]].append(
                PairRecord(name=cut.name, original=str(photo.path), source=photo.source, split=photo.split)
            )
    fakers = tuple(
        KindResult(name=str(kind), quality=_measure(config.output / kind, of_kind), fakes=tuple(of_kind))
        for kind, of_kind in records.items()
    )
    return PairsResult(fakers=fakers, skipped=skipped)


def _measure(folder: Path, records: Sequence[PairRecord]) -> PairQuality | None:
    meter = QualityMeter()
    for record in records[:_MEASURED]:
        real, fake = (
            np.asarray(load_image(folder / record.split / label / f"{record.name}.png"), np.uint8)
            for label in _CLASSES
        )
        meter.add(real, fake)
    return meter.result() if records else None


def _write_report(config: PairsConfig, result: PairsResult | None) -> None:
    """Write what was asked for, and what was made once it is: the first lets a later command go on."""
    content = {"config": _describe(config)} | ({} if result is None else asdict(result))
    write_atomic(config.output / REPORT_NAME, json.dumps(content, indent=1) + "\n")
