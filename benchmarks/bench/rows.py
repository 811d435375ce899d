"""Measuring what model files make of labelled images: the accuracy part of `fakelens bench`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fakelens.benchmarks.bench.footprint import Footprint, measure_footprint
from fakelens.benchmarks.labelled import LabelledImage
from fakelens.benchmarks.scoring.accuracy import Accuracy, Scores, leave_out, measure_accuracy, score_images
from fakelens.benchmarks.scoring.choice import UNSPLIT, BenchConfig, choose_images
from fakelens.benchmarks.scoring.comparison import Comparison, ScoredModel, compare_models
from fakelens.benchmarks.timing.samples import digest_names
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import ModelError, UsageError
from fakelens.edge_runtime.modelfile.contract import Contract
from fakelens.edge_runtime.modelfile.library import find_model


@dataclass(frozen=True, kw_only=True)
class BenchRow:
    """One model on one set of images."""

    path: Path
    contract: Contract  # as it was while measuring
    data: str  # name of the DATA folder
    split: str
    note: str  # what was left out, empty for nothing
    images: str  # digest of the names and sizes of the files: which images these are
    scores: Scores
    accuracy: Accuracy
    comparison: Comparison | None  # None without a reference, and for the reference itself
    footprint: Footprint
    errors: tuple[str, ...]  # one line an unreadable image


@dataclass(frozen=True, kw_only=True)
class OpenBench:
    """Models and images that are all there, before the first image is scored."""

    config: BenchConfig
    images: tuple[LabelledImage, ...]
    cuts: Mapping[str, frozenset[Path]]  # what is left out, by its note; the first is "" and nothing
    models: tuple[tuple[Path, Detector], ...]
    reference: tuple[Path, Detector] | None


def bench(config: BenchConfig) -> Iterator[BenchRow]:
    """Yield a row per model, and one more without the excluded images where there are any.

    Models and names are all checked before the first image is scored.
    """
    yield from score_models(open_bench(config))


def open_bench(config: BenchConfig) -> OpenBench:
    """Return what `config` names; `UsageError` or `ModelError` where something is wrong with it."""
    images, excluded = choose_images(config)
    cuts = {"": frozenset[Path]()}
    if config.exclude is not None:
        cuts[f"without the {len(excluded)} of {config.exclude.name}"] = excluded
    models = tuple((find_model(name), Detector(name, config.threads)) for name in config.models)
    reference = _open_reference(config, [path for path, _ in models])
    return OpenBench(config=config, images=tuple(images), cuts=cuts, models=models, reference=reference)


def score_models(opened: OpenBench) -> Iterator[BenchRow]:
    """Yield the rows of `bench`, model by model, as many of each as there are cuts."""
    baseline = None if opened.reference is None else _score(*opened.reference, opened.images)
    for path, detector in opened.models:
        itself = baseline is not None and baseline.path.samefile(path)
        model = baseline if baseline is not None and itself else _score(path, detector, opened.images)
        for note, left_out in opened.cuts.items():
            other = None if baseline is None or itself else _leave_out(baseline, left_out)
            yield _to_row(opened.config, note, _leave_out(model, left_out), other)


def _open_reference(config: BenchConfig, models: Sequence[Path]) -> tuple[Path, Detector] | None:
    name = config.reference
    if name is None:
        return None
    try:
        path, detector = find_model(name), Detector(name, config.threads)
    except ModelError as error:
        raise UsageError(f"the reference cannot be used: {error}") from error
    if all(path.samefile(model) for model in models):
        raise UsageError(f"the reference cannot be used: only {name} is also measured; name another model")
    return path, detector


def _score(path: Path, detector: Detector, images: Sequence[LabelledImage]) -> ScoredModel:
    return ScoredModel(path=path, contract=detector.contract, scores=score_images(detector, images))


def _leave_out(model: ScoredModel, excluded: frozenset[Path]) -> ScoredModel:
    return replace(model, scores=leave_out(model.scores, excluded))


def _to_row(config: BenchConfig, note: str, model: ScoredModel, reference: ScoredModel | None) -> BenchRow:
    scores = model.scores
    accuracy = measure_accuracy(scores, model.contract.decision)  # refuses an empty set of images
    return BenchRow(
        path=model.path,
        contract=model.contract,
        data=config.data.resolve().name,
        split=scores.images[0].split or UNSPLIT,
        note=note,
        images=digest_names(scores.images, config.data),
        scores=scores,
        accuracy=accuracy,
        comparison=None if reference is None else compare_models(model, reference),
        footprint=measure_footprint(model.path),
        errors=scores.errors,
    )
