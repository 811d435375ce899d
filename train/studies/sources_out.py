"""Compare settings of the recipe `photo` by sources that were left out, fakes and photos at once.

Run as `python -m fakelens.train.studies.sources_out DATA --set KEY=VALUE`: the sources of each class are
dealt into five parts; the teacher and the head of the recipe learn without one part of both classes, and rank
its fakes against its photos, source by source; `--seeds` says how many deals. One split into known and
unknown sources says little of a setting, since what helps one generator may cost another: here every source
is unknown once in each deal. Beside it stands what a head makes of a third of all pictures, whose sources it
knows. Figures are of the float32 network and of pictures as the recipe delivers them. Prints a Markdown
table.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.metrics import roc_auc
from fakelens.benchmarks.tables import format_row
from fakelens.edge_runtime.errors import UsageError
from fakelens.train.config import TrainConfig
from fakelens.train.studies.options import Group, Learned, Least, Seeds, Setting
from fakelens.train.studies.recipe_head import (
    Marks,
    Seen,
    cut_shares,
    is_made,
    learn,
    list_labels,
    list_sources,
    open_recipe,
)

_FEWEST = 2  # sources of each class
_PARTS = 5  # that the sources of each class are dealt into
_HEADER = ("fakes left out", "versions of pictures", "AUC, mean of photo sources left out", "worst")


@dataclass(frozen=True, kw_only=True)
class PairAuc:
    """A source of fakes against a source of photos, both unknown to the head."""

    fakes: str
    photos: str
    versions: int  # of the fakes
    auc: float


def sources_out(
    data: Learned,
    seeds: Seeds = 2,
    least: Least = 20,
    group: Group = None,
    setting: Setting = None,
) -> None:
    """Rank sources that the head did not learn from, and print a table with the means of all pairs."""
    config, seen = open_recipe(data, setting)
    named = name_group(seen, group, least)
    parts = [part for seed in range(seeds) for part in deal(seen, seed)]
    found = [pair for out in parts for pair in rank_part(config, seen, out, least)]
    if not found:
        raise UsageError(f"{data}: no part of the sources has fakes and photos to rank")
    unknown = sorted(named - {pair.fakes for pair in found})
    if unknown:
        raise UsageError(f"--group: no fakes of {', '.join(unknown)} were ranked")
    typer.echo(format_row(_HEADER))
    typer.echo(format_row(["---"] * len(_HEADER)))
    for name in sorted({pair.fakes for pair in found}):
        own = [pair for pair in found if pair.fakes == name]
        worst = min(own, key=lambda pair: pair.auc)
        mean = f"{np.mean([pair.auc for pair in own]):.3f}"
        typer.echo(format_row([name, str(worst.versions), mean, f"{worst.auc:.3f} {worst.photos}"]))
    aucs = [pair.auc for pair in found]
    line = f"\n{len(aucs)} pairs: mean {np.mean(aucs):.4f}, lowest tenth below {np.quantile(aucs, 0.1):.3f}"
    if named:
        line += f", of the group {np.mean([pair.auc for pair in found if pair.fakes in named]):.4f}"
    typer.echo(f"{line}; known sources {rank_known(config, seen):.4f}")


def name_group(seen: Seen, group: str | None, least: int) -> set[str]:
    """Return the names of the sources of fakes in `group`; before anything is learned.

    Raises `UsageError` where one of them is not there, or the sources are too few, or too small, to deal.
    """
    labels, sources = list_labels(seen), list_sources(seen)
    for label, name in enumerate(("photos", "fakes")):
        names, counts = np.unique(sources[(labels == label) & ~is_made(seen)], return_counts=True)
        if len(names) < _FEWEST or counts.max() < least:
            raise UsageError(
                f"sources of {name} in DATA: {len(names)}, with --least {least} versions of pictures: "
                f"{(counts >= least).sum()}; {_FEWEST} and 1 are needed, a folder for each"
            )
    ranked = {str(each).rpartition("/")[2] for each in names[counts >= least]}
    named = {each.strip() for each in group.split(",")} if group else set()
    if named - ranked:
        raise UsageError(
            f"--group: no fakes of {', '.join(sorted(named - ranked))} with --least {least} versions of "
            f"pictures; there are {', '.join(sorted(ranked))}"
        )
    return named


def deal(seen: Seen, seed: int) -> Iterator[Marks]:
    """Yield, part by part, which training rows are of the sources of each class that `seed` leaves out."""
    labels, sources, rng = list_labels(seen), list_sources(seen), np.random.default_rng(seed)
    names = [rng.permutation(np.unique(sources[(labels == label) & ~is_made(seen)])) for label in (1, 0)]
    for part in range(_PARTS):
        fakes, photos = (each[part::_PARTS] for each in names)
        yield np.where(labels == 1, np.isin(sources, fakes), np.isin(sources, photos))


def rank_part(config: TrainConfig, seen: Seen, out: Marks, least: int) -> Iterator[PairAuc]:
    """Learn without the rows `out`, and what was made of their photos, and rank their sources."""
    labels, sources = list_labels(seen), list_sources(seen)
    scores = learn(config, seen, np.flatnonzero(~out & ~find_made(seen, out))).score(seen.features)
    of_class = [
        {str(name): out & (labels == label) & (sources == name) for name in np.unique(sources[out])}
        for label in (0, 1)
    ]
    photos, fakes = ({name: rows for name, rows in own.items() if rows.sum() >= least} for own in of_class)
    for fake, of_fake in fakes.items():
        for photo, of_photo in photos.items():
            both = of_fake | of_photo
            yield PairAuc(
                fakes=fake.rpartition("/")[2],
                photos=photo.rpartition("/")[2],
                versions=int(of_fake.sum()),
                auc=roc_auc(labels[both], scores[both]),
            )


def find_made(seen: Seen, out: Marks) -> Marks:
    """Return which rows show, or were made of, photos of the rows `out`."""
    return np.isin(seen.originals, seen.originals[out & (list_labels(seen) == 0)])


def rank_known(config: TrainConfig, seen: Seen) -> float:
    """Return the AUC on a third of all pictures, held out with what was made of them."""
    held = cut_shares(seen.originals) == 0
    judged = held & ~is_made(seen)
    head = learn(config, seen, np.flatnonzero(~held))
    return roc_auc(list_labels(seen)[judged], head.score(seen.features[judged]))


if __name__ == "__main__":
    run_command(sources_out)
