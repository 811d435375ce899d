"""Commands of this package: `train`, and `synthesize` and `audit` from their folders."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fakelens.benchmarks.layouts import Layout
from fakelens.edge_runtime.errors import UsageError
from fakelens.train import options
from fakelens.train.audit.cli import audit
from fakelens.train.fakes.cli import synthesize
from fakelens.train.startup import load_tensorflow, require_tensorflow, show_log
from fakelens.train.workers import find_workers

if TYPE_CHECKING:
    from fakelens.train.config import TrainConfig
    from fakelens.train.run.job import Job


def register(app: typer.Typer) -> None:
    """Mount this package's commands."""
    app.command()(train)
    app.command()(synthesize)
    app.command()(audit)


def train(
    data: options.Data = None,
    real: options.RealNames = None,
    fake: options.FakeNames = None,
    list_file: options.ListFile = None,
    path_column: options.PathColumn = None,
    label_column: options.LabelColumn = None,
    output: options.Output = Path("run"),
    recipe: options.Recipe = None,
    network: options.Network = None,
    size: options.Size = None,
    tiles: options.Tiles = False,
    resize: options.Resize = None,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    alpha: Annotated[float | None, typer.Option(help="Width of mobilenetv2.")] = None,
    weights: options.Weights = None,
    teacher: options.Teacher = None,
    prune: options.Prune = None,
    qat: options.Qat = None,
    seed: options.Seed = None,
    name: Annotated[str | None, typer.Option(help="The model's name.")] = None,
    setting: options.Setting = None,
    parent: options.From = None,
    resume: options.Resume = False,
    workers: options.Workers = None,
    index: options.Index = None,
    wait: options.Wait = 600.0,
    require_auc: options.RequireAuc = None,
) -> None:
    """Train a network on real and fake images; writes a run directory with a report.

    A flag goes before the recipe, the recipe before the default; defaults follow the data. Exit codes:
    0 done, 1 below --require-auc, 2 unusable input, 3 TensorFlow is not installed, 130 interrupted (go on
    with --resume).
    """
    from fakelens.train.config import load_config, parse_setting
    from fakelens.train.data.layouts import place_data

    if require_auc is not None and not 0.5 <= require_auc <= 1:
        raise UsageError(f"--require-auc is {require_auc:g}, expected .5 (chance) to 1")
    if resize is not None and (tiles or size is not None):
        raise UsageError("--resize PX sets size and scaling: leave out --tiles and --size")
    flags = {
        "network.name": network,
        "data.size": size if resize is None else resize,
        "data.fit": "tiles" if tiles else None if resize is None else "resize",
        "fit.epochs": epochs,
        "fit.batch_size": batch_size,
        "network.alpha": alpha,
        "network.weights": weights,
        "distill.teachers": tuple(teacher) if teacher else None,
        "prune.sparsity": prune,
        "qat.enabled": qat,
        "seed": seed,
        "name": name,
    }
    given = {key: value for key, value in flags.items() if value is not None}
    given |= dict(parse_setting(text) for text in setting or [])
    layout = options.make_layout(real, fake, list_file, path_column, label_column)
    if layout != Layout() and (resume or parent is not None):
        raise UsageError("--resume and --from take DATA of their run: leave out --real, --fake and --list")
    if parent is not None and (resume, data, recipe) != (False, None, None):
        raise UsageError("--from takes data and settings of its RUN: leave out DATA, --recipe and --resume")
    members = find_workers(workers, index, os.environ)
    if members is not None and parent is not None:
        raise UsageError(
            "--from prunes and quantizes, which one machine does: leave out --workers and TF_CONFIG"
        )
    if not resume and parent is None:
        data, layout = place_data(data, layout)
    if layout != Layout():
        given |= {f"data.layout.{key}": value for key, value in asdict(layout).items()}
    config = load_config(recipe, given)
    require_tensorflow()
    show_log()
    from fakelens.train.defaults import find_free
    from fakelens.train.distributed import join_team
    from fakelens.train.run.job import derive_job, reopen_job
    from fakelens.train.run.member import assist, lead, name_facts, open_member

    free = find_free(recipe, given)
    if members is not None and not members.is_chief:
        assist(members, wait, lambda run: open_member(data, run, output, config, free))
        return
    if parent is not None:
        job = derive_job(parent, output, given)
    elif resume or data is None:
        job = reopen_job(output, data, config if given or recipe else None, free)
    else:
        job = _open_job(data, output, config, free)
    team = join_team(members, name_facts(job), wait)
    load_tensorflow()
    from fakelens.train.run.outcome import check_auc
    from fakelens.train.run.trainer import describe_result

    result = lead(job, team)
    for line in describe_result(result):
        typer.echo(line)
    check_auc(result.outcome, require_auc)


def _open_job(data: Path, output: Path, config: "TrainConfig", free: frozenset[str]) -> "Job":
    """Return the job of a new run, after a warning where file metadata alone tell the classes apart."""
    from fakelens.train.audit.giveaways import warn_of_giveaways
    from fakelens.train.data.layouts import describe_layout, naming_command
    from fakelens.train.run.job import open_job
    from fakelens.train.run.rundir import check_new

    check_new(output)  # before anything that takes seconds
    with naming_command("train", data):
        told = describe_layout(data, config.data.layout)
    if told:
        typer.echo(told, err=True)
    warn_of_giveaways(data, config.data.layout)
    return open_job(data, output, config, free)
