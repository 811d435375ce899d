"""Leave every source of photos out once: whom does the recipe `photo` accuse that it never saw?

Run as `python -m fakelens.train.studies.photos_out DATA`: for each source of photos the teacher and the head
of the recipe learn without it, and without a third of all other pictures. The border of FAKE is the one that
3% of those other photos are above; the line says how many of the source left out are above it. Beside it
stand heads that learned from other photos of the same source, by the same rule. Figures are of the float32
network and of pictures as the recipe delivers them, each by its mean logit. Prints a Markdown table.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.labelled import Split
from fakelens.benchmarks.metrics import Interval, roc_auc, wilson_interval
from fakelens.benchmarks.tables import format_row, format_share
from fakelens.edge_runtime.errors import UsageError
from fakelens.train.config import TrainConfig
from fakelens.train.data.dataset import load_dataset
from fakelens.train.studies.options import Learned, Setting
from fakelens.train.studies.recipe_head import (
    Marks,
    Numbers,
    Seen,
    average_pictures,
    cut_shares,
    is_made,
    learn,
    list_labels,
    list_sources,
    open_recipe,
    score_parts,
)

if TYPE_CHECKING:
    from fakelens.train.fit.frozen_layers import Values

_FALSE_ALARMS = 0.03  # of known photos, at the border
_HEADER = ("photos left out", "pictures", "called FAKE", "with others of it", "AUC, known fakes")


def photos_out(
    data: Learned,
    least: Annotated[int, typer.Option(min=5, help="Pictures that a source needs to be judged.")] = 20,
    setting: Setting = None,
) -> None:
    """Print how many photos of each source are called FAKE by a head that saw none of it."""
    config, seen = open_recipe(data, setting)
    counts = {name: count_pictures(seen, name) for name in list_photos(seen)}
    names = [name for name, count in counts.items() if count >= least]
    if len(names) < 2:
        raise UsageError(f"{data}: fewer than two sources of {least} photos; nothing to leave out")
    shares = cut_shares(seen.originals)
    known = score_parts(config, seen, shares)
    typer.echo(format_row(_HEADER))
    typer.echo(format_row(["---"] * len(_HEADER)))
    accused = []
    for name in names:
        unknown = score_without(data, config, seen, name, shares)
        alarms = (
            count_alarms(seen, unknown, name, shares == 0),
            count_alarms(seen, known, name, np.ones(len(shares), bool)),
        )
        auc = rank_photos(seen, unknown, name, shares)
        accused.append([each.value for each in alarms])
        cells = (name.rpartition("/")[2], str(counts[name]), *map(format_share, alarms), f"{auc:.3f}")
        typer.echo(format_row(cells))
    means = 100 * np.mean(accused, axis=0)
    typer.echo(
        f"\nmean of {len(names)} sources {means[0]:.1f}%, where others of them were learned {means[1]:.1f}%"
    )


def list_photos(seen: Seen) -> list[str]:
    """Return the sources of photos, without those that `synthesize` made."""
    photos = list_sources(seen)[_find_class(seen, 0) & ~is_made(seen)]
    return [str(name) for name in np.unique(photos)]


def count_pictures(seen: Seen, name: str) -> int:
    """Return how many photos of `name` there are, whatever their histories."""
    return len({seen.dataset.paths[row] for row in seen.dataset.rows[Split.TRAIN][_of(seen, name)]})


def score_without(data: Path, config: TrainConfig, seen: Seen, name: str, shares: Numbers) -> "Values":
    """Return the logit of each training row by a head that saw neither the photos `name` nor share 0."""
    part = load_dataset(data, replace(config.data, leave_out=(f"{name}/real",)))
    learned = seen.of(part.rows[Split.TRAIN])
    return learn(config, seen, learned[shares[learned] != 0]).score(seen.features)


def count_alarms(seen: Seen, scores: "Values", name: str, held_out: Marks) -> Interval:
    """Return how many photos of `name` are above the border that 3% of others, `held_out` rows, are above."""
    others = _find_class(seen, 0) & ~is_made(seen) & (list_sources(seen) != name) & held_out
    border = np.quantile(average_pictures(seen, others, scores)[1], 1 - _FALSE_ALARMS, method="inverted_cdf")
    own = average_pictures(seen, _of(seen, name), scores)[1]
    return wilson_interval(int(np.sum(own > border)), len(own))


def rank_photos(seen: Seen, scores: "Values", name: str, shares: Numbers) -> float:
    """Return the AUC of fakes of share 0, whose sources are known, against the photos of `name`."""
    fakes = _find_class(seen, 1) & ~is_made(seen) & (shares == 0)
    labels, logits = average_pictures(seen, _of(seen, name) | fakes, scores)
    return roc_auc(labels, logits)


def _of(seen: Seen, name: str) -> Marks:
    return np.asarray((list_sources(seen) == name) & _find_class(seen, 0), np.bool_)


def _find_class(seen: Seen, label: int) -> Marks:
    return np.asarray(list_labels(seen) == label, np.bool_)


if __name__ == "__main__":
    run_command(photos_out)
