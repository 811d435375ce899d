"""From what each view says of validation images to one calibrated P(fake): weights and bias of the fusion."""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from fakelens.benchmarks.list_rows import check_names
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.contract import LABELS, Fusion
from fakelens.edge_runtime.pictures.tiles import fuse_logits

_STEEPEST = 20.0  # a weight's upper end: views that never err would have no best weight
_FARTHEST = 50.0  # the bias's
_UTMOST = 40.0  # logits beyond are none of any P(fake) that a float64 tells from 0 or 1
_REACH = 6.2365  # logits of views end here, at P(fake) 1/512 and 511/512, in four digits
_TELLING = 20  # rows; fewer logits may lie between 0 and 1 by chance
_TRUTHS = {**{name: label for label, name in enumerate(LABELS)}, "0": 0, "1": 1}

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ViewLogits:
    """What the views say of images whose truth is known."""

    logits: Floats  # [images, views] of P(fake)
    labels: npt.NDArray[np.uint8]  # [images], 1 is fake
    sources: tuple[str, ...]  # of each image
    tiers: tuple[str, ...] = ()  # how each was delivered, where that is known


def read_logits(path: Path, views: Sequence[str]) -> ViewLogits:
    """Return what a CSV holds: a logit for each of `views`, `label`, perhaps `source` and `tier`.

    They are clipped as those of views are. `UsageError` names the first line that does not fit.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            check_names(path, reader.fieldnames or [])
            missing = [name for name in (*views, "label") if name not in (reader.fieldnames or [])]
            if missing:
                wanted = ", ".join((*views, "label"))
                raise UsageError(f"{path}: no column {missing[0]!r}, expected {wanted} and perhaps source")
            rows = list(_read_rows(reader, path, views))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: is no CSV ({error})") from error
    labels = np.array([label for _, label, *_ in rows], np.uint8)
    if set(labels.tolist()) != {0, 1}:
        raise UsageError(f"{path}: {len(rows)} rows of one class or none; real and fake ones are needed")
    logits = np.array([values for values, *_ in rows], np.float64)
    for name, values in zip(views, logits.T, strict=True):
        if len(rows) >= _TELLING and values.min() >= 0 and values.max() <= 1:
            raise UsageError(
                f"{path}: no value of column {name!r} is below 0 or above 1, so it holds P(fake); "
                "give the logits of it, ln(p / (1 - p))"
            )
    return ViewLogits(
        logits=np.clip(logits, -_REACH, _REACH),
        labels=labels,
        sources=tuple(source for _, _, source, _ in rows),
        tiers=tuple(tier for *_, tier in rows),
    )


def _read_rows(
    reader: "csv.DictReader[str]", path: Path, views: Sequence[str]
) -> Iterator[tuple[list[float], int, str, str]]:
    for row in reader:
        label = str(row["label"]).strip().lower()
        try:
            values = [float(row[name]) for name in views]
        except (TypeError, ValueError):
            values = [math.nan]
        if label not in _TRUTHS or not all(abs(value) <= _UTMOST for value in values):
            found = ", ".join(str(row[name]) for name in (*views, "label"))
            raise UsageError(
                f"{path}: line {reader.line_num} has {found}; expected a logit for each view, real or fake"
            )
        yield values, _TRUTHS[label], row.get("source") or "", row.get("tier") or ""


def weigh_images(labels: npt.NDArray[np.uint8], sources: Sequence[str] = ()) -> Floats:
    """Return what each image counts [n]: both classes the same, and within a class its sources, if given."""
    weights = np.zeros(len(labels))
    names = np.array(sources) if len(sources) else np.zeros(len(labels), np.int64)
    for label in (0, 1):
        of_class = labels == label
        there = np.unique(names[of_class])
        for name in there:
            chosen = of_class & (names == name)
            weights[chosen] = 1 / len(there) / chosen.sum()
    return weights


def fit_fusion(scores: ViewLogits, weights: Floats) -> Fusion:
    """Return the fusion with the lowest log loss on `scores`, each image counted `weights` times.

    Logistic regression whose weights are 0 or more: more fake to a view is never less fake to all.
    """
    truths, views = scores.labels.astype(np.float64), scores.logits.shape[1]
    share = weights / weights.sum()

    def lose(x: Floats) -> tuple[float, Floats]:
        logits = scores.logits @ x[:-1] + x[-1]
        loss = share @ (np.logaddexp(0, logits) - truths * logits)
        pulls = share * (1 / (1 + np.exp(-logits)) - truths)
        return float(loss), np.append(scores.logits.T @ pulls, pulls.sum())

    found = minimize(
        lose,
        x0=np.append(np.full(views, 1 / views), 0.0),
        jac=True,
        bounds=[(0.0, _STEEPEST)] * views + [(-_FARTHEST, _FARTHEST)],
        method="L-BFGS-B",
    )
    *steepness, bias = (float(value) for value in found.x)
    if not any(weight and np.ptp(said) for weight, said in zip(steepness, scores.logits.T, strict=True)):
        raise UsageError("no view ranks the fakes above the real images: look at the data and the files")
    return Fusion(weights=tuple(steepness), bias=bias)


def fuse_scores(logits: Floats, fusion: Fusion) -> Floats:
    """Return P(fake) [n] of images from the logits of their views [n, views]."""
    return np.array([fuse_logits(row, fusion) for row in logits], np.float64)
