"""Leave every subject out once: does the recipe `photo` judge pictures, or what they show?

Run as `python -m fakelens.train.studies.subjects_out DATA`: the pictures fall into groups of like content by
CLIP's embeddings (k-means), whatever their source and class. For each group the teacher and the head of the
recipe learn without it, and rank its fakes against its photos; beside it stand heads that learned from other
pictures of every group. A judge of subjects fails on a group that it never saw. Pictures that `synthesize`
made go with their photo and are not ranked. Figures are of the float32 network and of pictures as the recipe
delivers them. Prints a Markdown table.
"""

from collections import Counter
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.labelled import Split
from fakelens.benchmarks.metrics import Interval, bootstrap_interval, roc_auc
from fakelens.benchmarks.tables import format_row
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.contract import LABELS
from fakelens.train.config import TrainConfig
from fakelens.train.fit.frozen_layers import Values
from fakelens.train.settings import load_config, parse_setting
from fakelens.train.studies.options import Setting
from fakelens.train.studies.recipe_head import MADE, RECIPE, Seen, learn, see

_SHARES = 3  # of the pictures; each is judged by a head that learned from the others
_NAMED = 3  # sources of a group that its line names
_HEADER = (
    "pictures like those of",
    "photos",
    "fakes",
    "AUC without the group",
    "AUC with others of the group",
)

Numbers = npt.NDArray[np.int64]


def subjects_out(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="What `fakelens train` learns from.")],
    groups: Annotated[int, typer.Option(min=2, help="Groups of like content.")] = 10,
    setting: Setting = None,
) -> None:
    """Rank the fakes of each group of like content against its photos, by heads that never saw the group."""
    config = load_config(RECIPE, dict(parse_setting(text) for text in setting or []))
    seen = see(data, config)
    subjects = group_subjects(seen, groups)
    known = score_parts(config, seen, cut_shares(seen.originals))
    unknown = score_parts(config, seen, subjects)
    typer.echo(format_row(_HEADER))
    typer.echo(format_row(["---"] * len(_HEADER)))
    aucs = []
    for group in range(groups):
        judged = (subjects == group) & ~is_made(seen)
        averaged = [average_pictures(seen, judged, scores) for scores in (unknown, known)]
        counts = np.bincount(averaged[0][0], minlength=len(LABELS))
        if not counts.all():
            continue
        ranked = [bootstrap_interval(roc_auc, *each) for each in averaged]
        aucs.append([interval.value for interval in ranked])
        typer.echo(format_row([name_sources(seen, judged), *map(str, counts), *map(_show, ranked)]))
    if not aucs:
        raise UsageError(f"{data}: no group of like content holds photos and fakes; ask for fewer --groups")
    means, worst = np.mean(aucs, axis=0), np.min(aucs, axis=0)
    typer.echo(
        f"\n{len(aucs)} groups: mean {means[0]:.3f}, worst {worst[0]:.3f}; "
        f"with others of the group {means[1]:.3f}, {worst[1]:.3f}"
    )


def group_subjects(seen: Seen, count: int) -> Numbers:
    """Return the group of each training row; all that was made of one picture is in that of its mean."""
    from sklearn.cluster import KMeans

    names, place = np.unique(seen.originals, return_inverse=True)
    unit = seen.embeddings / np.linalg.norm(seen.embeddings, axis=1, keepdims=True)
    sums = np.zeros((len(names), unit.shape[1]))
    np.add.at(sums, place, unit)
    means = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    if count > len(names):
        raise UsageError(f"{len(names)} pictures cannot fall into {count} groups; ask for fewer --groups")
    return np.asarray(KMeans(count, n_init=3, random_state=0).fit_predict(means)[place], np.int64)


def cut_shares(originals: npt.NDArray[np.str_]) -> Numbers:
    """Return for each training row which third of the pictures it shows, or was made of."""
    names, place = np.unique(originals, return_inverse=True)
    return np.random.default_rng(0).permutation(len(names))[place] % _SHARES


def score_parts(config: TrainConfig, seen: Seen, parts: Numbers) -> Values:
    """Return the logit of each training row by a head that learned from all parts but that of the row."""
    scores = np.empty(len(parts))
    for part in np.unique(parts):
        head = learn(config, seen, np.flatnonzero(parts != part))
        scores[parts == part] = head.score(seen.features[parts == part])
    return scores


def is_made(seen: Seen) -> npt.NDArray[np.bool_]:
    """Return which training rows show what `synthesize` made."""
    return np.char.startswith(list_sources(seen), MADE)


def average_pictures(
    seen: Seen, judged: npt.NDArray[np.bool_], scores: Values
) -> tuple[npt.NDArray[np.uint8], Values]:
    """Return class and mean logit, over its histories, of each picture that the rows `judged` show."""
    rows = seen.dataset.rows[Split.TRAIN][judged]
    _, first, place = np.unique(
        [str(seen.dataset.paths[row]) for row in rows], return_index=True, return_inverse=True
    )
    return seen.dataset.labels[rows][first], np.bincount(place, scores[judged]) / np.bincount(place)


def name_sources(seen: Seen, judged: npt.NDArray[np.bool_]) -> str:
    """Return the sources that the rows `judged` are of, most first."""
    counts = Counter(str(name).rpartition("/")[2] for name in list_sources(seen)[judged])
    return ", ".join(name for name, _ in counts.most_common(_NAMED))


def list_sources(seen: Seen) -> npt.NDArray[np.str_]:
    """Return the source of each training row."""
    return seen.dataset.sources[seen.dataset.rows[Split.TRAIN]]


def _show(interval: Interval) -> str:
    return f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


if __name__ == "__main__":
    run_command(subjects_out)
