"""What fine-tuning a start on few own pictures is worth, before and after.

Run as `python -m fakelens.train.studies.own_pictures DATA --start photo`: fine-tunes on parts of DATA of
several sizes and seeds, as `fakelens train DATA --start photo` does, and prints a Markdown table of both on
the same test pictures, and of how many built-in photos each calls FAKE. Give sources that the start has
not seen: for a release model those that are not in its training data, else the figures before flatter.
"""

import itertools
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.tables import format_row, format_table
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.train.defaults import find_free
from fakelens.train.run.outcome import show_auc
from fakelens.train.settings import load_config, parse_setting
from fakelens.train.starts.tuning import describe_start
from fakelens.train.startup import load_tensorflow, require_tensorflow, show_log
from fakelens.train.studies import options
from fakelens.train.studies.subsets import Size, lay_out, parse_sizes

_SIZES = "50,200,1000"
_HEADER = ("pictures (real + fake)", "seed", "AUC before", "AUC after", "built-in photos called FAKE")


@dataclass(frozen=True, kw_only=True)
class Study:
    """What all runs have in common."""

    data: Path
    test: int  # pictures of each class
    settings: dict[str, Any]


def own_pictures(
    data: options.Data,
    start: Annotated[str, typer.Option(metavar="NAME|FILE", help="As in `fakelens train`.")] = "photo",
    sizes: options.Sizes = _SIZES,
    seeds: options.Seeds = 3,
    test: options.Test = 200,
    setting: options.Setting = None,
) -> None:
    """Fine-tune on small parts of DATA and print what that changes."""
    chosen = parse_sizes(sizes)
    settings = describe_start(start) | dict(parse_setting(text) for text in setting or [])
    require_tensorflow()
    load_tensorflow()
    show_log()
    study = Study(data=data, test=test, settings=settings)
    typer.echo(format_table(_HEADER, []))
    for size, seed in itertools.product(chosen, range(seeds)):
        typer.echo(format_row(_run(study, size, seed)))


def _run(study: Study, size: Size, seed: int) -> tuple[str, ...]:
    """Return the line of one fine-tuning."""
    import tf_keras as keras

    from fakelens.train.run.job import open_job
    from fakelens.train.run.trainer import run_job

    flags = {"seed": seed, **study.settings}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out(study.data, folder / "data", size, seed, study.test)
        job = open_job(folder / "data", folder / "run", load_config(None, flags), find_free(None, flags))
        parts = {part.part: part for part in run_job(job).before_after}
    keras.backend.clear_session()
    test, photos = parts["test"], parts.get("built-in photos")
    fakes = (
        [] if photos is None else [answers.called[0][Label.FAKE] for answers in (photos.before, photos.after)]
    )
    called = "" if photos is None else f"{fakes[0]} -> {fakes[1]} of {photos.counts[0]}"
    aucs = [show_auc(answers.auc) for answers in (test.before, test.after) if answers.auc is not None]
    return (str(size), str(seed), *aucs, called)


if __name__ == "__main__":
    run_command(own_pictures)
