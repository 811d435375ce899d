"""Leave every subject out once: does the recipe `photo` judge pictures, or what they show?

Run as `python -m fakelens.train.studies.subjects_out DATA`: the pictures fall into groups of like content by
CLIP's embeddings (k-means), whatever their source and class. For each group the teacher and the head of the
recipe learn without it, and rank its fakes against its photos; beside it stand heads that learned from other
pictures of every group. A judge of subjects fails on a group that it never saw. Pictures that `synthesize`
made go with their photo and are not ranked. Figures are of the float32 network and of pictures as the recipe
delivers them. Prints a Markdown table.
"""

from collections import Counter
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.metrics import Interval, bootstrap_interval, roc_auc
from fakelens.benchmarks.tables import format_row
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.contract import LABELS
from fakelens.train.studies.options import Learned, Setting
from fakelens.train.studies.recipe_head import (
    Numbers,
    Seen,
    average_pictures,
    cut_shares,
    is_made,
    list_sources,
    open_recipe,
    score_parts,
)

_NAMED = 3  # sources of a group that its line names
_HEADER = (
    "pictures like those of",
    "photos",
    "fakes",
    "AUC without the group",
    "AUC with others of the group",
)


def subjects_out(
    data: Learned,
    groups: Annotated[int, typer.Option(min=2, help="Groups of like content.")] = 10,
    setting: Setting = None,
) -> None:
    """Rank the fakes of each group of like content against its photos, by heads that never saw the group."""
    config, seen = open_recipe(data, setting)
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


def name_sources(seen: Seen, judged: npt.NDArray[np.bool_]) -> str:
    """Return the sources that the rows `judged` are of, most first."""
    counts = Counter(str(name).rpartition("/")[2] for name in list_sources(seen)[judged])
    return ", ".join(name for name, _ in counts.most_common(_NAMED))


def _show(interval: Interval) -> str:
    return f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


if __name__ == "__main__":
    run_command(subjects_out)
