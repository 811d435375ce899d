"""Leave every generator out once: how the recipe `photo` ranks what it never saw, maker by maker.

Run as `python -m fakelens.train.studies.generators_out DATA`: for each source of fakes, and for families of
one maker together, the teacher and the head of the recipe learn without it and without a fifth of the
sources of photos, and rank the one against the others. The network's layers do not learn (`fit.epochs` is 0),
so what they make of the pictures is computed once. Figures are of the float32 network and of pictures as the
recipe delivers them. Prints a Markdown table; `--keep FILE` goes on after finished rows. With
`--known-photos` only the generators are left out: the photos are held-out pictures of known sources.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.labelled import Split
from fakelens.benchmarks.scoring.source_pairs import find_fakes, rank_pairs
from fakelens.benchmarks.tables import format_row
from fakelens.edge_runtime.errors import UsageError
from fakelens.train.config import TrainConfig
from fakelens.train.data.dataset import Dataset, load_dataset
from fakelens.train.settings import load_config, parse_setting
from fakelens.train.studies.kept_rows import KeptRows, open_rows
from fakelens.train.studies.options import Keep, Learned, Seeds, Setting
from fakelens.train.studies.recipe_head import MADE, RECIPE, Seen, learn, see

Names = tuple[str, ...]

_GROUPS = 5  # of sources of photos; one is left out each time
# Of one maker or one kind, by the names of `train.data.photo_sources`.
_FAMILIES = {
    "all of OpenAI": ("gpt_image", "gpt_image_food", "dalle2", "dalle3_flats"),
    "all of Google": (
        *("nano_banana", "nano_banana_pro", "gemini3_4k"),
        *("imagen_clinic", "imagen_beauty", "imagefx_houses", "imagefx_flyers"),
    ),
    "all FLUX": ("flux_flats", "mflux"),
    "all Stable Diffusion": (
        *("diffusiondb", "civitai", "imaginairy", "sd1_dreamstudio", "sdcpp", "sdxl_flats"),
    ),
    "all faces of GANs": ("generated_faces", "stylegan2_faces", "hard_faces"),
}
_HEADER = ("left out", "seed", "pictures", "AUC, mean of photo sources", "worst", "found at 5% false alarms")


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """What a head does not learn from, and is judged on."""

    fakes: Names  # sources
    photos: Names  # sources
    share: int | None = None  # or a fifth of the pictures of each source of photos: which one
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """What was left out, against the photos that were left out with it."""

    pictures: int
    auc: float
    worst: float
    found: float


def generators_out(
    data: Learned,
    seeds: Seeds = 2,
    least: Annotated[int, typer.Option(min=5, help="Pictures that a source needs to be ranked.")] = 30,
    known_photos: Annotated[
        bool, typer.Option("--known-photos", help="Leave out a fifth of each photo source, no whole ones.")
    ] = False,
    keep: Keep = None,
    setting: Setting = None,
) -> None:
    """Rank each source of fakes by a head that did not learn from it, and print a table.

    The seed shuffles which photos, or sources of photos, are left out together.
    """
    config = load_config(RECIPE, dict(parse_setting(text) for text in setting or []))
    rows = open_rows(keep, {"config": config, "data": data.resolve(), "known photos": known_photos})
    seen = see(data, config)
    photos, fakes = list_sources(seen.dataset, least)
    if len(photos) < _GROUPS:
        raise UsageError(f"{data}: {len(photos)} sources of photos, {_GROUPS} are needed to leave some out")
    typer.echo(format_row(_HEADER))
    typer.echo(format_row(["---"] * len(_HEADER)))
    of_sources = []
    for name, left in plan(photos, fakes, seeds, known=known_photos):
        row = f"{name} {left.seed}"
        ranked = find_row(rows, row)
        if ranked is None:
            ranked = rank(data, config, seen, left)
            rows.add(row, asdict(ranked))
        typer.echo(format_row([name, str(left.seed), str(ranked.pictures), *_show(ranked)]))
        if name in fakes:
            of_sources.append(ranked.auc)
    typer.echo(f"\nmean of {len(of_sources)} {np.mean(of_sources):.3f}, worst {min(of_sources):.3f}")


def list_sources(dataset: Dataset, least: int) -> tuple[list[str], list[str]]:
    """Return the sources of photos, and those of fakes, that have at least `least` pictures."""
    rows = dataset.rows[Split.TRAIN]
    found: list[list[str]] = []
    for label in (0, 1):
        of_class = rows[dataset.labels[rows] == label]
        counts = {
            str(name): len({dataset.paths[row] for row in of_class[dataset.sources[of_class] == name]})
            for name in np.unique(dataset.sources[of_class])
        }
        enough = [name for name, count in counts.items() if count >= least]
        found.append([name for name in enough if not name.startswith(MADE)])
    return found[0], found[1]


def plan(photos: list[str], fakes: list[str], seeds: int, *, known: bool) -> Iterator[tuple[str, LeftOut]]:
    """Yield the name of each row and what it leaves out; `known` photos are pictures instead of sources."""
    families = {
        name: tuple(source for source in fakes if source.rpartition("/")[2] in family)
        for name, family in _FAMILIES.items()
    }
    singles: Mapping[str, Names] = {name: (name,) for name in fakes}
    for seed in range(seeds):
        order = [str(name) for name in np.random.default_rng(seed).permutation(photos)]
        groups = [tuple(order[start::_GROUPS]) for start in range(_GROUPS)]
        every = {**singles, **{name: family for name, family in families.items() if len(family) > 1}}
        for number, (name, left) in enumerate(every.items()):
            share = number % _GROUPS
            if known:
                yield name, LeftOut(fakes=left, photos=tuple(photos), share=share, seed=seed)
            else:
                yield name, LeftOut(fakes=left, photos=groups[share], seed=seed)


def rank(data: Path, config: TrainConfig, seen: Seen, left: LeftOut) -> Ranked:
    """Learn without what `left` says, and rank its fakes against its photos."""
    names = [f"{name}/fake" for name in left.fakes]
    if left.share is None:
        names += [f"{name}/real" for name in left.photos]
    everything = seen.dataset.rows[Split.TRAIN]
    labels, sources = seen.dataset.labels[everything], seen.dataset.sources[everything]
    part = load_dataset(data, replace(config.data, leave_out=tuple(names)))
    learned = seen.of(part.rows[Split.TRAIN])
    photos = (labels == 0) & np.isin(sources, left.photos)
    if left.share is not None:
        held = hold_out(seen.originals, photos, left)
        photos &= held
        learned = learned[~held[learned]]
    line = learn(config, seen, learned)
    judged = np.flatnonzero(photos | ((labels == 1) & np.isin(sources, left.fakes)))
    p_fake = line.score(seen.features[judged])
    pairs = rank_pairs(labels[judged], [str(name) for name in sources[judged]], p_fake)
    if pairs is None:
        raise UsageError(f"{', '.join(left.fakes)}: too few pictures to rank")
    found = find_fakes(labels[judged], [str(name) for name in sources[judged]], p_fake)
    files = {seen.dataset.paths[everything[row]] for row in judged if labels[row]}
    return Ranked(
        pictures=len(files), auc=pairs.mean.value, worst=pairs.worst.value, found=found.of_all.value
    )


def hold_out(
    originals: npt.NDArray[np.str_], photos: npt.NDArray[np.bool_], left: LeftOut
) -> npt.NDArray[np.bool_]:
    """Return which rows show a fifth of `photos`, whose names `left` shuffles, or were made of one."""
    names = np.random.default_rng(left.seed).permutation(np.unique(originals[photos]))
    return np.isin(originals, names[left.share :: _GROUPS])


def find_row(rows: KeptRows, name: str) -> Ranked | None:
    """Return what a row came to before, None where it is still to be run."""
    kept = rows.find(name)
    return None if kept is None else Ranked(**kept)


def _show(ranked: Ranked) -> list[str]:
    return [f"{ranked.auc:.3f}", f"{ranked.worst:.2f}", f"{100 * ranked.found:.0f}%"]


if __name__ == "__main__":
    run_command(generators_out)
