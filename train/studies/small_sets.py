"""Do the defaults of `fakelens train` learn more of few pictures than plain pixel statistics tell?

Run as `python -m fakelens.train.studies.small_sets DATA`: trains on parts of DATA of several sizes and seeds,
and holds each run against a probe of pixel statistics (those of `fakelens audit`) that learned from the
same pictures and is judged on the same others. Prints a Markdown table; exit 1 where a run ends below.
`--keep FILE` remembers finished rows: the same command goes on after them when it was killed.
"""

import itertools
import tempfile
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import dacite
import numpy as np
import numpy.typing as npt
import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.labelled import LabelledImage, Split, find_labelled
from fakelens.benchmarks.metrics import Interval, bootstrap_interval, roc_auc
from fakelens.benchmarks.tables import format_row, format_table
from fakelens.edge_runtime.errors import GateError, ImageError
from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.edge_runtime.saying import show_log
from fakelens.train.audit.pixels import measure_pixels
from fakelens.train.data.file_threads import map_threads
from fakelens.train.defaults import choose_start, find_free
from fakelens.train.run.outcome import show_auc
from fakelens.train.settings import load_config, parse_setting
from fakelens.train.starts.tuning import describe_start
from fakelens.train.startup import load_tensorflow, require_tensorflow
from fakelens.train.studies import options
from fakelens.train.studies.kept_rows import open_rows
from fakelens.train.studies.subsets import Pictures, Size, lay_out, parse_sizes

_SIZES = "100,300,3000,100+1000"
_HEADER = ("pictures (real + fake)", "seed", "pixel statistics, AUC", "network, AUC", "says")


@dataclass(frozen=True, kw_only=True)
class SmallRun:
    """One training and the probe beside it, both judged on the same test pictures."""

    size: Size
    seed: int
    probe: Interval
    network: Interval
    sentence: str

    @property
    def is_below(self) -> bool:
        """Whether the network's AUC is below the probe's, beyond its own uncertainty."""
        return self.network.high < self.probe.value


def small_sets(
    data: options.Data,
    sizes: options.Sizes = _SIZES,
    start: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="Begin from this where the defaults take photo.")
    ] = None,
    seeds: options.Seeds = 3,
    most: options.Most = None,
    keep: options.Keep = None,
    setting: options.Setting = None,
) -> None:
    """Train with the defaults on small parts of DATA and compare with a probe of pixel statistics."""
    chosen = parse_sizes(sizes)
    require_tensorflow()
    load_tensorflow()
    show_log()
    given = dict(parse_setting(text) for text in setting or [])
    pictures = Pictures(data=data, most=most)
    rows = open_rows(keep, {"study": "small_sets", "set": given, "start": start, **asdict(pictures)})
    runs = []
    typer.echo(format_table(_HEADER, []))
    for size, seed in itertools.product(chosen, range(seeds)):
        name = f"{size}, seed {seed}"
        if (kept := rows.find(name)) is None:
            runs.append(_run(pictures, size, {"seed": seed, **given}, start))
            rows.add(name, asdict(runs[-1]))
        else:
            runs.append(dacite.from_dict(SmallRun, kept))
        typer.echo(format_row(_describe(runs[-1])))
    below = [run for run in runs if run.is_below]
    typer.echo(
        f"\n{len(runs) - len(below)} of {len(runs)} runs end at or above the probe, or within its reach"
    )
    if below:
        raise GateError(f"{len(below)} runs end below what pixel statistics tell")


def _run(pictures: Pictures, size: Size, given: dict[str, Any], start: str | None) -> SmallRun:
    """Return what one training came to; `given` are its settings, the seed among them."""
    import tf_keras as keras

    from fakelens.train.run.job import open_job
    from fakelens.train.run.trainer import run_job

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seed = int(given["seed"])
        lay_out(pictures, folder / "data", size, seed)
        probe = score_probe(find_labelled(folder / "data"), seed)
        flags = choose_start(folder / "data", None, given)
        if start is not None and "network.weights" in flags:
            flags = describe_start(start) | given
        job = open_job(folder / "data", folder / "run", load_config(None, flags), find_free(None, flags))
        result = run_job(job)
    keras.backend.clear_session()
    judged = result.validation if result.test is None else result.test
    sentence = result.outcome.sentence.partition(":")[0]
    return SmallRun(size=size, seed=seed, probe=probe, network=judged.auc, sentence=sentence)


def score_probe(images: list[LabelledImage], seed: int) -> Interval:
    """Return the AUC on the test part of `images` of trees that know pixel statistics of the others.

    What cannot be decoded is left out, as training leaves it out, and says so.
    """
    from sklearn.ensemble import ExtraTreesClassifier

    paths = [image.path.resolve() for image in images]
    measured = list(map_threads(_measure, paths, "pixel statistics"))
    images = [image for image, facts in zip(images, measured, strict=True) if facts is not None]
    facts = np.array([facts for facts in measured if facts is not None])
    labels = np.array([image.label for image in images])
    tested = np.array([image.split is Split.TEST for image in images])
    trees = ExtraTreesClassifier(200, min_samples_leaf=3, class_weight="balanced", random_state=seed)
    trees.fit(facts[~tested], labels[~tested])
    return bootstrap_interval(roc_auc, labels[tested], trees.predict_proba(facts[tested])[:, 1])


@cache  # the runs of a study share pictures, those of the test above all
def _measure(path: Path) -> npt.NDArray[np.float64] | None:
    try:
        facts = measure_pixels(np.asarray(load_image(path), np.uint8))
    except ImageError:
        return None
    return np.array(list(vars(facts).values()), np.float64)


def _describe(run: SmallRun) -> tuple[str, ...]:
    name = f"**{run.sentence}, below**" if run.is_below else run.sentence
    return str(run.size), str(run.seed), show_auc(run.probe), show_auc(run.network), name


if __name__ == "__main__":
    run_command(small_sets)
