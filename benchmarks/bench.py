"""Measuring model files against labelled images: `fakelens bench`, as a library call."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fakelens.benchmarks.accuracy import Accuracy, measure_accuracy, score_images
from fakelens.benchmarks.exclusion import read_exclusions
from fakelens.benchmarks.footprint import Footprint, measure_footprint
from fakelens.benchmarks.labelled import LabelledImage, Split, find_labelled, list_splits
from fakelens.edge_runtime.contract import Contract
from fakelens.edge_runtime.detector import Detector
from fakelens.edge_runtime.library import find_model

UNSPLIT = "all"  # the name of the split where DATA has none


@dataclass(frozen=True, kw_only=True)
class BenchConfig:
    """What to measure on what."""

    models: tuple[str, ...]  # paths or names of release models
    data: Path
    split: Split | None = None  # None: test, or everything where DATA is not split
    exclude: Path | None = None
    threads: int = 1


@dataclass(frozen=True, kw_only=True)
class BenchRow:
    """One model on one set of images."""

    path: Path
    contract: Contract  # as it was while measuring
    data: str  # name of the DATA folder
    split: str
    note: str  # what was left out, empty for nothing
    accuracy: Accuracy
    footprint: Footprint
    latency_p50_ms: float  # of inference alone
    threads: int
    errors: tuple[str, ...]  # one line an unreadable image


def bench(config: BenchConfig) -> Iterator[BenchRow]:
    """Yield a row per model, and one more without the excluded images where there are any.

    Models and names are all checked before the first image is scored.
    """
    split = config.split
    if split is None and list_splits(config.data):
        split = Split.TEST
    images = find_labelled(config.data, split)
    cuts = {"": frozenset[Path]()}
    if config.exclude is not None:
        excluded = read_exclusions(config.exclude, images)
        cuts[f"without the {len(excluded)} of {config.exclude.name}"] = excluded
    detectors = [(find_model(name), Detector(name, config.threads)) for name in config.models]
    for path, detector in detectors:
        yield from _bench_model(path, detector, images, cuts, config)


def _bench_model(
    path: Path,
    detector: Detector,
    images: list[LabelledImage],
    cuts: dict[str, frozenset[Path]],
    config: BenchConfig,
) -> Iterator[BenchRow]:
    scores = score_images(detector, images)
    footprint = measure_footprint(path)
    for note, excluded in cuts.items():
        yield BenchRow(
            path=path,
            contract=detector.contract,
            data=config.data.resolve().name,
            split=images[0].split or UNSPLIT,
            note=note,
            accuracy=measure_accuracy(scores, detector.contract.decision, excluded),
            footprint=footprint,
            latency_p50_ms=float(np.median(scores.latency_ms)),
            threads=config.threads,
            errors=scores.errors,
        )
