"""What fine-tuning a start on few own pictures is worth, before and after.

Run as `python -m fakelens.train.studies.own_pictures DATA --start photo`: fine-tunes on parts of DATA of
several sizes and seeds, as `fakelens train DATA --start photo` does, and prints a Markdown table of both on
the same test pictures, and of how many built-in photos each calls FAKE. Give sources that the start has
not seen: for a release model those that are not in its training data, else the figures before flatter.
`--keep FILE` remembers finished rows: the same command goes on after them when it was killed.
"""

import hashlib
import itertools
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import dacite
import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.metrics import Interval
from fakelens.benchmarks.tables import format_row, format_table
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.saying import show_log
from fakelens.train.defaults import find_free
from fakelens.train.run.outcome import show_auc
from fakelens.train.settings import load_config, parse_setting
from fakelens.train.starts.names import IMAGENET
from fakelens.train.starts.start_file import find_start
from fakelens.train.starts.tuning import describe_start
from fakelens.train.startup import load_tensorflow, require_tensorflow
from fakelens.train.studies import options
from fakelens.train.studies.kept_rows import open_rows
from fakelens.train.studies.subsets import Pictures, Size, lay_out, parse_sizes

_SIZES = "50,200,1000"
_HEADER = ("pictures (real + fake)", "seed", "AUC before", "AUC after", "built-in photos called FAKE")


@dataclass(frozen=True, kw_only=True)
class Study:
    """What all runs have in common."""

    pictures: Pictures
    settings: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class TunedRun:
    """What one fine-tuning changed."""

    before: Interval | None  # AUC on the test pictures; None where the start tells no fakes
    after: Interval
    photos: int  # that neither was trained on; 0 where they are not installed
    called_before: int  # of them FAKE
    called_after: int

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of its row."""
        called = f"{self.called_before} -> {self.called_after} of {self.photos}" if self.photos else "-"
        return "-" if self.before is None else show_auc(self.before), show_auc(self.after), called


def own_pictures(
    data: options.Data,
    start: Annotated[str, typer.Option(metavar="NAME|FILE", help="As in `fakelens train`.")] = "photo",
    sizes: options.Sizes = _SIZES,
    seeds: options.Seeds = 3,
    most: options.Most = None,
    keep: options.Keep = None,
    setting: options.Setting = None,
) -> None:
    """Fine-tune on small parts of DATA and print what that changes."""
    chosen = parse_sizes(sizes)
    settings = describe_start(start) | dict(parse_setting(text) for text in setting or [])
    require_tensorflow()
    load_tensorflow()
    show_log()
    study = Study(pictures=Pictures(data=data, most=most), settings=settings)
    rows = open_rows(keep, {"study": "own_pictures", "start": _digest_start(start), **asdict(study)})
    typer.echo(format_table(_HEADER, []))
    for size, seed in itertools.product(chosen, range(seeds)):
        name = f"{size}, seed {seed}"
        if (kept := rows.find(name)) is None:
            run = _run(study, size, seed)
            rows.add(name, asdict(run))
        else:
            run = dacite.from_dict(TunedRun, kept)
        typer.echo(format_row((str(size), str(seed), *run.cells)))


def _digest_start(start: str) -> str:
    """Return what tells one start from another: a release may come with a new one of the same name."""
    return start if start == IMAGENET else hashlib.sha256(find_start(start).read_bytes()).hexdigest()


def _run(study: Study, size: Size, seed: int) -> TunedRun:
    """Return what one fine-tuning came to."""
    import tf_keras as keras

    from fakelens.train.run.job import open_job
    from fakelens.train.run.trainer import run_job

    flags = {"seed": seed, **study.settings}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out(study.pictures, folder / "data", size, seed)
        job = open_job(folder / "data", folder / "run", load_config(None, flags), find_free(None, flags))
        result = run_job(job)
    keras.backend.clear_session()
    parts = {part.part: part for part in result.before_after}
    test, photos = parts.get("test"), parts.get("built-in photos")
    return TunedRun(
        before=None if test is None else test.before.auc,
        after=result.outcome.auc,
        photos=0 if photos is None else photos.counts[0],
        called_before=0 if photos is None else photos.before.called[0][Label.FAKE],
        called_after=0 if photos is None else photos.after.called[0][Label.FAKE],
    )


if __name__ == "__main__":
    run_command(own_pictures)
