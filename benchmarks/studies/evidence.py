"""How far to trust a photo model: the tables of the README, from the model file itself.

Run as `python -m fakelens.benchmarks.studies.evidence MODEL --data DATA`, DATA holding a folder for each
source; prints Markdown. Every figure is of the test parts, unless `--split` names another: that of `train`
ranks a source that a model has not seen without looking at the test part, so that experiments can be
compared.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.labelled import LabelledImage, Split, find_labelled, limit_sources, list_splits
from fakelens.benchmarks.metrics import (
    Interval,
    bootstrap_interval,
    expected_calibration_error,
    roc_auc,
    wilson_interval,
)
from fakelens.benchmarks.scoring.accuracy import Scores, score_images
from fakelens.benchmarks.scoring.checked_images import JPEG_QUALITY, Exposure, expose
from fakelens.benchmarks.tables import format_share, format_table
from fakelens.edge_runtime.contract import LABELS
from fakelens.edge_runtime.detector import Detector
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.verdict import Label

_COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5)
_NONE = "-"

Marks = npt.NDArray[np.bool_]


def evidence(
    model: Annotated[str, typer.Argument(help="A model file or a release model's name.")],
    data: Annotated[Path, typer.Option(help="Folder with a folder for each source.")],
    limit: Annotated[
        int | None,
        typer.Option(metavar="N", help="Measure on N images of each source and class, not on all."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE[/fake]=MODEL", help="A model trained without SOURCE; may be repeated."),
    ] = None,
    split: Annotated[
        Split, typer.Option(help="The part to measure on; train is fair to --without alone.")
    ] = Split.TEST,
) -> None:
    """Print as Markdown: pooled figures, a line a source, risk and coverage, sources left out of training."""
    pairs = [_split_pair(text) for text in without or []]
    images = choose_images(data, limit, split)
    for name, _ in pairs:
        if not any(image.label and image.source == _source_of(name) for image in images):
            raise UsageError(f"--without {name}: no fake {split} images of that source in {data}")
    exposure = expose(model, images)
    threshold = Detector(model).contract.decision.threshold
    tables = [
        tabulate_whole(exposure, threshold),
        tabulate_sources(exposure, threshold),
        tabulate_coverage(exposure, threshold),
    ]
    if pairs:
        tables.append(tabulate_left_out(pairs, images))
    typer.echo("\n\n".join(tables))
    for error in exposure.errors:
        typer.echo(f"fakelens: {error}", err=True)


def choose_images(data: Path, limit: int | None, split: Split = Split.TEST) -> list[LabelledImage]:
    """Return one part of `data`, all where it is not split; `limit` of each source and class."""
    images = find_labelled(data, split if list_splits(data) else None)
    return images if limit is None else limit_sources(images, limit)


def tabulate_whole(exposure: Exposure, threshold: float) -> str:
    """Return the figures over all sources together."""
    labels, reals = exposure.labels, exposure.labels == 0
    auc = bootstrap_interval(roc_auc, labels, exposure.p_fake)
    auc_jpeg = bootstrap_interval(roc_auc, labels, exposure.p_fake_jpeg)
    ece = bootstrap_interval(expected_calibration_error, labels, exposure.p_fake)
    plain, stable = (_judge(exposure, answers) for answers in (exposure.answers, exposure.stable_answers))
    lines = [
        ("images", f"{np.sum(reals):,} real, {np.sum(~reals):,} fake"),
        ("AUC", _format_plain(auc)),
        (f"AUC after JPEG {JPEG_QUALITY}", _format_plain(auc_jpeg)),
        ("false alarms on real photos", format_share(_share(exposure.p_fake[reals] >= threshold))),
        (
            f"the same after JPEG {JPEG_QUALITY}",
            format_share(_share(exposure.p_fake_jpeg[reals] >= threshold)),
        ),
        ("fakes found", format_share(_share(exposure.p_fake[~reals] >= threshold))),
        ("ECE", _format_plain(ece)),
        ("UNSURE; accuracy of the rest", plain),
        ("the same with `--stable`", stable),
        (
            "`--stable` takes",
            f"{np.median(exposure.stable_latency_ms / exposure.latency_ms):.1f} times as long (median)",
        ),
    ]
    return format_table(("all sources", "measured"), lines)


def tabulate_sources(exposure: Exposure, threshold: float) -> str:
    """Return a line a source; the fakes of each are ranked against all real images."""
    sources = np.array([image.source or "all" for image in exposure.images])
    fake = exposure.labels == 1
    lines = []
    for source in dict.fromkeys(sources.tolist()):
        reals, fakes = (sources == source) & ~fake, (sources == source) & fake
        lines.append(
            (
                source,
                f"{np.sum(reals):,}",
                f"{np.sum(fakes):,}",
                _rank(exposure, fakes),
                _format_share(exposure.p_fake[fakes] >= threshold),
                _format_share(exposure.p_fake[reals] >= threshold),
                _format_share(exposure.p_fake_jpeg[reals] >= threshold),
            )
        )
    header = ("source", "real", "fake", "AUC", "fakes found", "false alarms", f"after JPEG {JPEG_QUALITY}")
    return format_table(header, lines)


def tabulate_coverage(exposure: Exposure, threshold: float) -> str:
    """Return the accuracy on the surest images: those farthest from the threshold, in the logit."""
    clipped = np.clip(exposure.p_fake, 1e-6, 1 - 1e-6)
    logits = np.log(clipped / (1 - clipped))
    surest = np.argsort(-np.abs(logits - np.log(threshold / (1 - threshold))), kind="stable")
    right = (exposure.p_fake >= threshold) == (exposure.labels == 1)
    shares = [right[surest[: max(1, round(coverage * len(right)))]] for coverage in _COVERAGES]
    header = ("answered", *(f"{coverage:.0%}" for coverage in _COVERAGES))
    return format_table(header, [("right", *(format_share(_share(share)) for share in shares))])


def tabulate_left_out(pairs: Sequence[tuple[str, str]], images: Sequence[LabelledImage]) -> str:
    """Return for each (source, model trained without it) how well that model ranks the source's fakes.

    `source/fake` is a source of which training saw the real images.
    """
    lines = []
    for name, model in pairs:
        source = _source_of(name)
        chosen = [image for image in images if image.label == 0 or image.source == source]
        scores = score_images(Detector(model), chosen)
        fakes, own = scores.labels == 1, np.array([image.source == source for image in scores.images])
        lines.append((name, _rank(scores, fakes), _rank(scores, fakes, own & ~fakes)))
    header = ("not trained on", "AUC of its fakes against all real images", "against those of its own")
    return format_table(header, lines)


def _source_of(name: str) -> str:
    return name.removesuffix(f"/{LABELS[1]}")


def _split_pair(text: str) -> tuple[str, str]:
    source, separator, model = text.partition("=")
    if not separator or not source or not model:
        raise UsageError(f"--without {text}: write SOURCE=MODEL")
    return source, model


def _rank(scores: Exposure | Scores, fakes: Marks, reals: Marks | None = None) -> str:
    """Return the AUC of `fakes` against `reals`, all of them where none are named."""
    reals = scores.labels == 0 if reals is None else reals
    if not fakes.any() or not reals.any():
        return _NONE
    chosen = reals | fakes
    return _format_plain(bootstrap_interval(roc_auc, scores.labels[chosen], scores.p_fake[chosen]))


def _judge(exposure: Exposure, answers: Sequence[Label]) -> str:
    truths = [Label.FAKE if label else Label.REAL for label in exposure.labels]
    decided = [
        answer is truth for answer, truth in zip(answers, truths, strict=True) if answer is not Label.UNSURE
    ]
    unsure = wilson_interval(len(answers) - len(decided), len(answers))
    return f"{format_share(unsure)}; {_format_share(np.array(decided, bool))}"


def _share(marks: Marks) -> Interval:
    return wilson_interval(int(np.sum(marks)), len(marks))


def _format_share(marks: Marks) -> str:
    return format_share(_share(marks)) if len(marks) else _NONE


def _format_plain(value: Interval) -> str:
    return f"{value.value:.3f} [{value.low:.3f}, {value.high:.3f}]"


if __name__ == "__main__":
    run_command(evidence)
