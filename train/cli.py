"""Commands of this package: `train`, and `synthesize` and `audit` from their folders."""

import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from fakelens.benchmarks.layouts import Layout
from fakelens.edge_runtime.errors import FakelensError, UsageError
from fakelens.edge_runtime.saying import say, show_log
from fakelens.train import options
from fakelens.train.audit.cli import audit
from fakelens.train.config import ImageCache
from fakelens.train.fakes.cli import synthesize
from fakelens.train.startup import load_tensorflow, require_tensorflow, without_collecting
from fakelens.train.workers import Workers, find_workers

if TYPE_CHECKING:
    from fakelens.train.distributed import Team
    from fakelens.train.run.job import Job


def register(app: typer.Typer) -> None:
    """Mount this package's commands."""
    app.command()(train)
    app.command()(synthesize)
    app.command()(audit)


def train(
    context: typer.Context,
    data: options.Data = None,
    real: options.RealNames = None,
    fake: options.FakeNames = None,
    list_file: options.ListFile = None,
    path_column: options.PathColumn = None,
    label_column: options.LabelColumn = None,
    output: options.Output = Path("run"),
    start: options.Start = None,
    recipe: options.Recipe = None,
    network: options.Network = None,
    size: options.Size = None,
    tiles: options.Tiles = False,
    resize: options.Resize = None,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    alpha: options.Alpha = None,
    weights: options.Weights = None,
    teacher: options.Teacher = None,
    prune: options.Prune = None,
    qat: options.Qat = None,
    seed: options.Seed = None,
    name: options.Name = None,
    setting: options.Setting = None,
    parent: options.From = None,
    resume: options.Resume = False,
    cache: options.Cache = None,
    workers: options.Workers = None,
    index: options.Index = None,
    wait: options.Wait = 600.0,
    require_auc: options.RequireAuc = None,
) -> None:
    """Train a network on real and fake images; writes a run directory with a report.

    With --start photo the release model goes on learning on your pictures, in minutes. A flag goes before
    the recipe, the recipe before the default; defaults follow the data. Exit codes: 0 done, 1 below
    --require-auc, 2 unusable input, 3 TensorFlow is not installed, 130 interrupted (go on with --resume).
    """
    from fakelens.train.flags import gather_flags

    given = gather_flags(context.params)
    layout = options.make_layout(real, fake, list_file, path_column, label_column)
    members = _find_workers(workers, index, parent)
    data, given = _place_data(data, layout, given, of_run=resume or parent is not None)
    require_tensorflow()
    show_log()
    if members is not None and not members.is_chief:
        _assist(members, wait, data, output, (recipe, given))
        return
    if parent is not None:
        job = _derive_job(parent, output, given)
    else:
        job = _open_job(data, output, (recipe, given), resume=resume, alone=members is None)
    job = _choose_cache(job, cache)
    team = _gather(job, members, wait, is_new=not resume)
    _train(job, team, require_auc)


def _gather(job: "Job", members: Workers | None, wait: float, *, is_new: bool) -> "Team":
    """Return the team of `members`; where one does not come, a new run leaves nothing behind."""
    from fakelens.train.distributed import join_team
    from fakelens.train.run.member import name_facts
    from fakelens.train.run.rundir import forget_start

    try:
        return join_team(members, name_facts(job), wait)
    except FakelensError:
        if is_new:
            forget_start(job.run)
        raise


def _train(job: "Job", team: "Team", require_auc: float | None) -> None:
    """Train, with the others of `team` where there are some, and print what it came to."""
    from fakelens.train.run.member import lead

    load_tensorflow()
    from fakelens.train.run.outcome import check_auc
    from fakelens.train.run.trainer import describe_result

    result = lead(job, team)
    for line in describe_result(result):
        say(line)
    check_auc(result.outcome, require_auc)


def _place_data(
    data: Path | None, layout: Layout, given: dict[str, Any], *, of_run: bool
) -> tuple[Path | None, dict[str, Any]]:
    """Return the folder that is meant, and `given` with how pictures lie in it; a run knows both."""
    from fakelens.train.data.layouts import place_data

    if of_run:
        if layout != Layout():
            raise UsageError(
                "--resume and --from take DATA of their run: leave out --real, --fake and --list"
            )
        return data, given
    data, layout = place_data(data, layout)
    if layout != Layout():
        given = given | {f"data.layout.{key}": value for key, value in asdict(layout).items()}
    return data, given


def _find_workers(named: str | None, index: int | None, parent: Path | None) -> Workers | None:
    """Return the processes that train together, None where this one trains by itself."""
    members = find_workers(named, index, os.environ)
    if members is not None and parent is not None:
        raise UsageError(
            "--from prunes and quantizes, which one machine does: leave out --workers and TF_CONFIG"
        )
    return members


def _assist(
    members: Workers,
    wait: float,
    data: Path | None,
    chief_run: Path,
    settings: tuple[str | None, dict[str, Any]],
) -> None:
    """Train as one of `members` that is not the chief, with a recipe and the keys that are given."""
    from fakelens.train.defaults import choose_start, find_free
    from fakelens.train.run.member import assist, open_member
    from fakelens.train.settings import load_config

    recipe, given = settings
    given = given if data is None else choose_start(data, recipe, given)
    config, free = load_config(recipe, given), find_free(recipe, given)
    assist(members, wait, lambda run: open_member(data, run, chief_run, config, free))


def _derive_job(parent: Path, output: Path, given: dict[str, Any]) -> "Job":
    from fakelens.train.run.job import derive_job

    return derive_job(parent, output, given)


def _open_job(
    data: Path | None, output: Path, settings: tuple[str | None, dict[str, Any]], *, resume: bool, alone: bool
) -> "Job":
    """Return the job of a run, new or resumed, after a warning where file metadata tell the classes apart.

    `settings` are a recipe and the keys that are given. Who trains `alone` has a first epoch before.
    """
    with without_collecting():
        from fakelens.train.audit.giveaways import warn_of_giveaways
        from fakelens.train.data.layouts import check_apart, describe_layout, naming_command
        from fakelens.train.data.usable import check_numbers
        from fakelens.train.defaults import choose_start, find_free
        from fakelens.train.run.first_epoch import run_first_epoch
        from fakelens.train.run.job import open_job, reopen_job
        from fakelens.train.run.rundir import check_new, read_start
        from fakelens.train.settings import load_config

    recipe, given = settings
    if resume or data is None:
        named = bool(given or recipe)
        if named and output.is_dir():
            given = choose_start(read_start(output)[1], recipe, given)
        config = load_config(recipe, given)
        return reopen_job(output, data, config if named else None, find_free(recipe, given))
    config = load_config(recipe, given)
    check_new(output)  # before anything that takes seconds
    with naming_command("train", data):
        told = describe_layout(data, config.data.layout)
    check_apart(output, data, config.data.layout)
    check_numbers(data, config.data)
    if told:
        say(told, err=True)
    leak = warn_of_giveaways(data, config.data.layout)
    given = choose_start(data, recipe, given)
    config, free = load_config(recipe, given), find_free(recipe, given)
    if alone:
        run_first_epoch(data, config, free)
    return open_job(data, output, config, free, leak)


def _choose_cache(job: "Job", cache: ImageCache | None) -> "Job":
    from fakelens.train.data.image_rows import choose_cache

    chosen = choose_cache(job.dataset.size_bytes) if cache is None else cache
    return replace(job, dataset=replace(job.dataset, cache=chosen))
