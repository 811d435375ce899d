"""Pairs of photos and their twins out of a latent auto-encoder: `synthesize --whole --autoencoder`.

One source folder for each way in which a twin comes back, and for each decoder of our own:
DATA/<part>/<split>/{real,fake}/<photo>-<cut>.png, the two of a pair under one name, both PNG. In-painted
twins get no mask: the decoder paints the whole picture. What has been written is not made again, so an
interrupted command goes on where it stopped.
"""

import io
import json
import tempfile
from collections.abc import Container, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from PIL import Image

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import UsageError, explain_os_error
from fakelens.edge_runtime.files import check_output, write_atomic
from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.train.fakes.cuts import Cut, CutConfig, Skipped, plan_cuts, read_cuts
from fakelens.train.fakes.kinds import DecoderSpec
from fakelens.train.fakes.latent_twins import Kind, Pair, make_pairs
from fakelens.train.fakes.latents import SCALE, LatentAutoencoder
from fakelens.train.fakes.originals import find_originals
from fakelens.train.fakes.own_decoders import MOST_DECODERS, OwnConfig, OwnDecoder, draw_specs, open_decoders
from fakelens.train.fakes.photos import BUILTIN, export_photos, refuse_among_photos
from fakelens.train.fakes.progress import open_progress
from fakelens.train.fakes.quality import PairQuality, QualityMeter

REPORT_NAME = "synthesis.json"
_BATCH = 8  # cuts that go through the network together, each the neighbour of the next
_MEASURED = 200  # pairs of a kind that are read back for the figures
_SIDES = (64, 1024)  # px
_CLASSES = ("real", "fake")


@dataclass(frozen=True, kw_only=True)
class PairsConfig:
    """What to make; `photos` is a folder or `builtin`."""

    photos: str
    output: Path
    crop: int = 256  # px, side of a pair's pictures
    per_source: int = 1500  # photos of one source's train part, at most
    seed: int = 0
    own_decoders: int = 0  # beside the given one, each for as many of the twins
    steps: int = 2000  # of each one's training

    @property
    def cuts(self) -> CutConfig:
        """Which cuts that takes."""
        return CutConfig(side=self.crop, per_source=self.per_source, seed=self.seed)

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders of pairs in the output."""
        return (*Kind, *draw_specs(self.own_decoders, self.seed))


@dataclass(frozen=True, kw_only=True)
class PairRecord:
    """One pair."""

    name: str  # of both files
    original: str
    source: str
    split: Split


@dataclass(frozen=True, kw_only=True)
class PartResult:
    """The pairs of one kind, or of one decoder of our own."""

    name: str
    quality: PairQuality | None  # of some of the pairs; None where there are none
    fakes: tuple[PairRecord, ...]

    def count(self, split: Split) -> int:
        """Return how many of the pairs are in `split`."""
        return sum(record.split is split for record in self.fakes)


@dataclass(frozen=True, kw_only=True)
class DecoderResult:
    """A decoder of our own."""

    name: str  # of its part
    spec: DecoderSpec
    loss: float
    unseen_quality: PairQuality | None  # of plain round trips of photos that it did not learn from


@dataclass(frozen=True, kw_only=True)
class PairsResult:
    """What there is now; `synthesis.json` holds the same."""

    fakers: tuple[PartResult, ...]
    decoders: tuple[DecoderResult, ...]
    skipped: tuple[str, ...]  # one line each: what and why


def synthesize_pairs(config: PairsConfig, autoencoder: LatentAutoencoder) -> PairsResult:
    """Write pairs, decoders and `synthesis.json` into `config.output`; go on with what is there already.

    The photos' splits are kept, or made where there are none. Raises `UsageError` for photos or an output
    that cannot be used, and where the disk is full; every pair there is whole then.
    """
    _check_config(config)
    with ExitStack() as stack:
        folder = Path(config.photos)
        if config.photos == BUILTIN:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            export_photos(folder)
        skipped: Skipped = {}
        cuts = plan_cuts(find_originals(folder, config.seed), config.cuts, skipped)
        if not cuts:
            reason = next(iter(skipped), "there are none")
            raise UsageError(f"{config.photos}: no photo can be used ({reason}); add larger photos")
        progress = stack.enter_context(open_progress())
        try:
            _write_report(config, None)
            own = open_decoders(_configure_own(config), cuts, autoencoder, progress)
            there = set(_list_pairs(config))
            batches = [cuts[start : start + _BATCH] for start in range(0, len(cuts), _BATCH)]
            for batch in progress.track(batches, description="latent pairs"):
                if any((cut.photo.split, cut.name) not in there for cut in batch):
                    _write_batch(batch, config, (autoencoder, own), there, skipped)
            result = PairsResult(
                fakers=_sum_up(cuts, config),
                decoders=tuple(_describe_decoder(decoder) for decoder in own),
                skipped=tuple(skipped),
            )
            _write_report(config, result)
        except OSError as error:
            place = "" if error.filename else f"{config.output}: "
            raise UsageError(
                f"{place}{explain_os_error(error)}; what is there is whole, and stays"
            ) from error
    return result


def describe_pairs(result: PairsResult) -> Iterator[str]:
    """Yield a line a part: how many pairs, how close the twins are; and one for each decoder of our own."""
    for part in result.fakers:
        counts = ", ".join(f"{part.count(split)} {split}" for split in Split if part.count(split))
        told = "nothing" if part.quality is None else f"{counts} pairs; {_describe_quality(part.quality)}"
        yield f"{part.name:<14} {told}"
    for decoder in result.decoders:
        quality = decoder.unseen_quality
        told = "no photo to measure it on" if quality is None else _describe_quality(quality)
        yield f"{decoder.name:<14} undisturbed, on photos it did not learn from: {told}"


def _describe_quality(quality: PairQuality) -> str:
    return (
        f"differs by {quality.difference:.1f} grey levels "
        f"(PSNR {quality.psnr_db:.1f} dB, sharpness {quality.sharpness:.2f} of the originals')"
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
    if not 0 <= config.own_decoders <= MOST_DECODERS:
        raise UsageError(f"--own-decoders is {config.own_decoders}, expected 0 to {MOST_DECODERS}")
    if config.steps < 1:
        raise UsageError(f"--steps is {config.steps}, expected 1 or more")
    refuse_among_photos(config.photos, config.output)
    report = config.output / REPORT_NAME
    if not report.is_file():
        check_output(config.output, "-o")
        return
    try:
        made = json.loads(report.read_text(encoding="utf-8"))["config"]
        earlier = {field.name: field.default for field in fields(config) if field.name not in made}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"{report}: damaged; give another -o, or remove {config.output}") from error
    if earlier | made != _describe(config) | {"output": made.get("output")}:
        raise UsageError(
            f"{config.output} holds what other photos or options made: repeat those, or give another -o"
        )


def _configure_own(config: PairsConfig) -> OwnConfig:
    return OwnConfig(count=config.own_decoders, steps=config.steps, output=config.output, cuts=config.cuts)


def _describe_decoder(decoder: OwnDecoder) -> DecoderResult:
    return DecoderResult(
        name=decoder.name, spec=decoder.spec, loss=decoder.loss, unseen_quality=decoder.quality
    )


def _describe(config: PairsConfig) -> dict[str, object]:
    return asdict(config) | {"output": str(config.output)}


def _write_batch(
    batch: Sequence[Cut],
    config: PairsConfig,
    decoders: tuple[LatentAutoencoder, Sequence[OwnDecoder]],
    there: Container[tuple[Split, str]],
    skipped: Skipped,
) -> None:
    """Make the pairs of `batch` and write those that are not there."""
    usable = read_cuts(batch, config.cuts, skipped)
    if not usable:
        return
    pixels = np.stack([pixels for _, pixels, _ in usable])
    pairs = make_pairs(pixels, decoders[0], [rng for _, _, rng in usable], decoders[1])
    for (cut, _, _), pair in zip(usable, pairs, strict=True):
        if (cut.photo.split, cut.name) not in there:
            _write_pair(config.output / pair.part / cut.photo.split, cut.name, pair)


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


def _list_pairs(config: PairsConfig) -> dict[tuple[Split, str], str]:
    """Return the part of each pair in the output of which both pictures are there, by split and name."""
    found: dict[tuple[Split, str], str] = {}
    for part in config.parts:
        for split in Split:
            reals, fakes = (
                {path.stem for path in (config.output / part / split / label).glob("*.png")}
                for label in _CLASSES
            )
            found |= {(split, name): part for name in reals & fakes}
    return found


def _sum_up(cuts: Sequence[Cut], config: PairsConfig) -> tuple[PartResult, ...]:
    parts = _list_pairs(config)
    records: dict[str, list[PairRecord]] = {part: [] for part in config.parts}
    for cut in sorted(cuts, key=lambda cut: cut.name):
        photo = cut.photo
        if (photo.split, cut.name) in parts:
            records[parts[photo.split, cut.name]].append(
                PairRecord(name=cut.name, original=str(photo.path), source=photo.source, split=photo.split)
            )
    return tuple(
        PartResult(name=part, quality=_measure(config.output / part, of_part), fakes=tuple(of_part))
        for part, of_part in records.items()
    )


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
