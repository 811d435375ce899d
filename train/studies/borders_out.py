"""How many pictures of new sources lie beyond borders that known ones set, by the recipe `photo`.

Run as `python -m fakelens.train.studies.borders_out DATA`: the sources of each class are dealt into five
parts; the teacher and the head of the recipe learn without one part of both classes, which is new to them,
and without a third of the pictures of all other sources, the known ones. A border of FAKE is put where a
share of these known photos lies above it, a border of REAL where a share of the known fakes lies below, and
the pictures of each new source beyond it are counted. Every source is new once in each deal. New sources
count alike, of the known ones each picture. Figures are of the float32 network and of pictures as the recipe
delivers them. Prints two Markdown tables, a row for each border.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.tables import format_row
from fakelens.train.config import TrainConfig
from fakelens.train.studies.options import Group, Learned, Least, Seeds, Setting
from fakelens.train.studies.recipe_head import (
    Marks,
    Numbers,
    Seen,
    cut_shares,
    is_made,
    learn,
    list_labels,
    list_sources,
    open_recipe,
)
from fakelens.train.studies.sources_out import deal, find_made, name_group

_SHARES = {0: (0.005, 0.01, 0.015, 0.02, 0.03, 0.05), 1: (0.02, 0.04, 0.06, 0.08, 0.1)}  # beyond the border
_LABELS = ("photos", "fakes")
_KNOWN = "known"  # held-out pictures of all sources that the head learned from


@dataclass(frozen=True, kw_only=True)
class Beyond:
    """How much of a source that was left out lies above a border of FAKE, or below one of REAL."""

    bounded: int  # the class whose known pictures set the border: 0 that of FAKE, 1 that of REAL
    share: float  # of these beyond it
    label: int
    source: str  # or all known ones
    beyond: float  # share of its rows


def borders_out(
    data: Learned,
    seeds: Seeds = 2,
    least: Least = 20,
    group: Group = None,
    setting: Setting = None,
) -> None:
    """Print how many pictures of sources left out lie beyond borders that pictures of known sources set."""
    config, seen = open_recipe(data, setting)
    named = name_group(seen, group, least)
    shares = cut_shares(seen.originals)
    found: list[Beyond] = []
    for number, out in enumerate(part for seed in range(seeds) for part in deal(seen, seed)):
        found += judge(config, seen, out, shares == number % np.unique(shares).size, least)
    for bounded, place in ((0, "above"), (1, "below")):
        typer.echo(_tabulate([each for each in found if each.bounded == bounded], place, named) + "\n")


def judge(config: TrainConfig, seen: Seen, out: Marks, held: Marks, least: int) -> Iterator[Beyond]:
    """Learn without the rows `out` and `held`, and hold both against borders that the latter set."""
    labels, sources = list_labels(seen), list_sources(seen)
    kept = ~out & ~find_made(seen, out)
    scores = learn(config, seen, np.flatnonzero(kept & ~held)).score(seen.features)
    known = kept & held & ~is_made(seen)
    judged = [(label, _KNOWN, np.flatnonzero(known & (labels == label))) for label in (0, 1)]
    for label in (0, 1):
        judged += [(label, *each) for each in _find_sources(sources, out & (labels == label), least)]
    for bounded, shares in _SHARES.items():
        sign = 1 if bounded == 0 else -1
        of_class = sign * scores[known & (labels == bounded)]
        for share in shares:
            beyond = sign * scores > np.quantile(of_class, 1 - share, method="inverted_cdf")
            for label, source, rows in judged:
                mean = float(beyond[rows].mean())
                yield Beyond(bounded=bounded, share=share, label=label, source=source, beyond=mean)


def _find_sources(sources: npt.NDArray[np.str_], judged: Marks, least: int) -> Iterator[tuple[str, Numbers]]:
    """Yield the last part of the name, and the rows, of each source of `judged` that has enough."""
    for name in np.unique(sources[judged]):
        rows = np.flatnonzero(judged & (sources == name))
        if len(rows) >= least:
            yield str(name).rpartition("/")[2], rows


def _tabulate(found: list[Beyond], place: str, named: set[str]) -> str:
    """Return a row for each border: how much of each class lies beyond it, sources alike."""
    header = [f"{kind} {name} {place}" for name in _LABELS for kind in (_KNOWN, "new")]
    if named:
        header.append(f"the group {place}")
    rows = [header, ["---"] * len(header)]
    for share in dict.fromkeys(each.share for each in found):
        of_share = [each for each in found if each.share == share]
        of_class = [[each for each in of_share if each.label == label] for label in (0, 1)]
        parts = [
            [each for each in own if (each.source == _KNOWN) is known]
            for own in of_class
            for known in (True, False)
        ]
        if named:
            parts.append([each for each in of_class[1] if each.source in named])
        rows.append([f"{100 * _average(part):.1f}%" for part in parts])
    return "\n".join(format_row(row) for row in rows)


def _average(found: list[Beyond]) -> float:
    """Return the mean over sources, each by its mean over deals."""
    of_source: dict[str, list[float]] = defaultdict(list)
    for each in found:
        of_source[each.source].append(each.beyond)
    return float(np.mean([np.mean(values) for values in of_source.values()]))


if __name__ == "__main__":
    run_command(borders_out)
