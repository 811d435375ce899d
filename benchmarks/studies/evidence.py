"""The evidence for a photo model: the tables of the README, measured on the model file itself.

Run as `python -m fakelens.benchmarks.studies.evidence MODEL --data DATA`, DATA holding a folder for each
source; prints Markdown. Every figure is of the test parts, unless `--split` names another: that of `train`
ranks a source that a model has not seen without looking at the test part, for experiments. With
`--from-scores FILE` the figures are of a file that `--scores` wrote, or any other detector.
"""

from collections.abc import Mapping, Sequence
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
from fakelens.benchmarks.scoring.checked_images import (
    CheckedImages,
    TierAnswers,
    check_images,
)
from fakelens.benchmarks.scoring.delivery import Tier
from fakelens.benchmarks.scoring.manifest import find_pictures
from fakelens.benchmarks.scoring.scores_file import read_scores, write_scores
from fakelens.benchmarks.scoring.source_pairs import FALSE_ALARMS, LEAST_IMAGES, find_fakes, rank_pairs
from fakelens.benchmarks.tables import format_share, format_table
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import check_writable
from fakelens.edge_runtime.modelfile.contract import LABELS

_COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5)
_NONE = "-"
_NO_SOURCE = "all"  # the name where DATA has no folders of sources

Marks = npt.NDArray[np.bool_]


def evidence(
    model: Annotated[str | None, typer.Argument(help="A model file or a release model's name.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder with a folder for each source.")] = None,
    limit: Annotated[
        int | None,
        typer.Option(metavar="N", help="Measure on N images of each source and class, not on all."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE[,SOURCE]=MODEL", help="A model trained without; may be repeated."),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Measure on the pictures that a file of --scores names, no others."),
    ] = None,
    split: Annotated[
        Split | None,
        typer.Option(help="The part to measure on, test by default; train is fair to --without alone."),
    ] = None,
    scores: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Write digest, score and verdict of each image.")
    ] = None,
    from_scores: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Print the figures of such a file, of any detector; runs no model."),
    ] = None,
) -> None:
    """Print as Markdown: pooled figures, set against set, a line a source, coverage, what was left out."""
    if from_scores is not None:
        given = {"MODEL": model, "--data": data, "--limit": limit, "--without": without or None}
        _refuse({**given, "--manifest": manifest, "--split": split, "--scores": scores})
        typer.echo("\n\n".join(tabulate(read_scores(from_scores))))
        return
    if model is None or data is None:
        raise UsageError("give MODEL and --data DATA, or --from-scores CSV")
    pairs = [_split_pair(text) for text in without or []]
    split = split or Split.TEST
    if manifest is not None and limit is not None:
        raise UsageError("--limit and --manifest exclude each other: both say which pictures")
    images = choose_images(data, limit, split)
    if manifest is not None:
        images = find_pictures(read_scores(manifest).images, images, data)
    for names, _ in pairs:
        for name in names:
            if not any(_is_of(image, name) for image in images):
                raise UsageError(f"--without {name}: no {split} images of that source in {data}")
    if scores is not None:
        check_writable(scores, "--scores")
    checked = check_images(model, images)
    left_out = [tabulate_left_out(names, check_images(other, images)) for names, other in pairs]
    typer.echo("\n\n".join([*tabulate(checked), *left_out]))
    if scores is not None:
        write_scores(scores, checked)
    for error in checked.errors:
        typer.echo(f"fakelens: {error}", err=True)


def choose_images(data: Path, limit: int | None, split: Split = Split.TEST) -> list[LabelledImage]:
    """Return one part of `data`, all where it is not split; `limit` of each source and class."""
    images = find_labelled(data, split if list_splits(data) else None)
    return images if limit is None else limit_sources(images, limit)


def tabulate(checked: CheckedImages) -> list[str]:
    """Return the tables of a detector, whichever it is."""
    tables = (tabulate_whole, tabulate_sets, tabulate_sources, tabulate_coverage)
    return [make(checked) for make in tables]


def tabulate_whole(checked: CheckedImages, chosen: Marks | None = None) -> str:
    """Return the figures over all sources together, or over the `chosen` images, a column a tier."""
    chosen = np.ones(len(checked.labels), bool) if chosen is None else chosen
    labels = checked.labels[chosen]
    columns = [_describe(labels, _choose(answers, chosen)) for answers in checked.tiers.values()]
    counts = f"{np.sum(labels == 0):,} real, {np.sum(labels == 1):,} fake"
    lines = [(name, *(column[name] for column in columns)) for name in columns[0]]
    return format_table((counts, *map(str, checked.tiers)), lines)


def tabulate_sets(checked: CheckedImages) -> str:
    """Return how sources of fakes rank against sources of photos, and what is found at few false alarms."""
    sources = [image.source or _NO_SOURCE for image in checked.images]
    scores = [answers.p_fake for answers in checked.tiers.values()]
    ranked = [rank_pairs(checked.labels, sources, p_fake) for p_fake in scores]
    found = [find_fakes(checked.labels, sources, p_fake) for p_fake in scores]
    sets = (len(ranked[0].fake_sources), len(ranked[0].real_sources)) if ranked[0] else (0, 0)
    counts = f"{sets[0]} sets of fakes, {sets[1]} of photos, of {LEAST_IMAGES} or more"
    lines = [
        ("AUC, mean of all pairs", *(_interval(pairs.mean) if pairs else _NONE for pairs in ranked)),
        (
            "AUC, worst pair",
            *(
                f"{_interval(pairs.worst)} {' / '.join(pairs.worst_pair)}" if pairs else _NONE
                for pairs in ranked
            ),
        ),
        (f"fakes found at {FALSE_ALARMS:.0%} false alarms", *(format_share(each.of_all) for each in found)),
        ("the same, mean of the sets", *(_format_mean(each.mean_of_sources) for each in found)),
    ]
    return format_table((counts, *map(str, checked.tiers)), lines)


def tabulate_sources(checked: CheckedImages) -> str:
    """Return a line a source and class; the fakes of each are ranked against all real images."""
    sources = np.array([image.source or _NO_SOURCE for image in checked.images])
    shown = [checked.tiers[tier] for tier in (Tier.CLEAN, Tier.WEB) if tier in checked.tiers]
    lines = []
    for source in dict.fromkeys(sources.tolist()):
        for label, name in enumerate(LABELS):
            own = (sources == source) & (checked.labels == label)
            if not own.any():
                continue
            ranks = (_rank(checked, answers, own) if label else _NONE for answers in shown)
            shares = (_format_answers(answers, own) for answers in shown)
            lines.append((source, name, f"{np.sum(own):,}", *ranks, *shares))
    columns = (("AUC", "AUC, web")[: len(shown)], ("FAKE / UNSURE / REAL", "the same, web")[: len(shown)])
    return format_table(("source", "class", "images", *columns[0], *columns[1]), lines)


def tabulate_coverage(checked: CheckedImages) -> str:
    """Return the accuracy on the surest images: those farthest from one half, in the logit."""
    p_fake = checked.tiers[Tier.CLEAN].p_fake
    surest = np.argsort(-np.abs(p_fake - 0.5), kind="stable")
    right = (p_fake >= 0.5) == (checked.labels == 1)
    shares = [right[surest[: max(1, round(coverage * len(right)))]] for coverage in _COVERAGES]
    header = ("answered", *(f"{coverage:.0%}" for coverage in _COVERAGES))
    return format_table(header, [("right", *(format_share(_share(share)) for share in shares))])


def tabulate_left_out(names: Sequence[str], checked: CheckedImages) -> str:
    """Return how a model that was trained without the sources `names` answers on these.

    Its fakes are ranked against the real images of the sources left out, or all where there are none.
    """
    out = np.array([any(_is_of(image, name) for name in names) for image in checked.images])
    fake = checked.labels == 1
    reals = out & ~fake if (out & ~fake).any() else ~fake
    whole = tabulate_whole(checked, (out & fake) | reals)
    sources = np.array([image.source for image in checked.images])
    lines = []
    for source in dict.fromkeys(sources[out & fake].tolist()):
        own = (sources == source) & fake & out
        ranks = (_rank(checked, answers, own, reals) for answers in checked.tiers.values())
        lines.append((source, f"{np.sum(own):,}", *ranks))
    header = ("not trained on", "fakes", *(f"AUC, {tier}" for tier in checked.tiers))
    return f"{whole}\n\n{format_table(header, lines)}"


def _describe(labels: npt.NDArray[np.uint8], answers: TierAnswers) -> dict[str, str]:
    """Return the figures of one tier by name."""
    fake = labels == 1
    said = np.array(answers.answers)
    decided = said != Label.UNSURE
    right = (said == Label.FAKE) == fake
    return {
        "AUC": _interval(bootstrap_interval(roc_auc, labels, answers.p_fake))
        if 0 < fake.mean() < 1
        else _NONE,
        "photos called FAKE": _format_share((said == Label.FAKE)[~fake]),
        "fakes called FAKE": _format_share((said == Label.FAKE)[fake]),
        "fakes called REAL": _format_share((said == Label.REAL)[fake]),
        "UNSURE of photos": _format_share((said == Label.UNSURE)[~fake]),
        "UNSURE of fakes": _format_share((said == Label.UNSURE)[fake]),
        "right where sure": _format_share(right[decided]),
        "ECE": _interval(bootstrap_interval(expected_calibration_error, labels, answers.p_fake)),
    }


def _refuse(given: Mapping[str, object]) -> None:
    """Raise `UsageError` for what --from-scores would ignore."""
    for name, value in given.items():
        if value is not None:
            raise UsageError(f"{name} is of no use with --from-scores, which runs no model; leave it out")


def _choose(answers: TierAnswers, chosen: Marks) -> TierAnswers:
    return TierAnswers(
        p_fake=answers.p_fake[chosen],
        answers=tuple(answer for answer, taken in zip(answers.answers, chosen, strict=True) if taken),
        logits=answers.logits[chosen],
    )


def _is_of(image: LabelledImage, name: str) -> bool:
    """Return whether `image` is of the source `name`, or of the one class that `source/fake` names."""
    source = f"/{image.source}"
    return source.endswith(f"/{name}") or f"{source}/{LABELS[image.label]}".endswith(f"/{name}")


def _split_pair(text: str) -> tuple[list[str], str]:
    names, separator, model = text.partition("=")
    if not separator or not names or not model:
        raise UsageError(f"--without {text}: write SOURCE=MODEL or SOURCE,SOURCE=MODEL")
    return names.split(","), model


def _rank(checked: CheckedImages, answers: TierAnswers, fakes: Marks, reals: Marks | None = None) -> str:
    """Return the AUC of `fakes` against `reals`, all of them where none are named."""
    reals = checked.labels == 0 if reals is None else reals
    if not fakes.any() or not reals.any():
        return _NONE
    chosen = reals | fakes
    return _interval(bootstrap_interval(roc_auc, checked.labels[chosen], answers.p_fake[chosen]))


def _format_answers(answers: TierAnswers, own: Marks) -> str:
    said = np.array(answers.answers)[own]
    return " / ".join(f"{np.mean(said == label):.0%}" for label in (Label.FAKE, Label.UNSURE, Label.REAL))


def _share(marks: Marks) -> Interval:
    return wilson_interval(int(np.sum(marks)), len(marks))


def _format_share(marks: Marks) -> str:
    return format_share(_share(marks)) if len(marks) else _NONE


def _format_mean(share: float | None) -> str:
    return _NONE if share is None else f"{share:.2%}"


def _interval(value: Interval) -> str:
    return f"{value.value:.3f} [{value.low:.3f}, {value.high:.3f}]"


if __name__ == "__main__":
    run_command(evidence)
