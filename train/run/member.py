"""A process of a team that trains together: the chief's way to a result, and that of the others."""

import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from fakelens.edge_runtime import run_layout
from fakelens.train.config import TrainConfig
from fakelens.train.data.dataset import load_dataset
from fakelens.train.distributed import Team, join_team, leave_team, name_losses
from fakelens.train.run import rundir
from fakelens.train.run.job import Job, open_job
from fakelens.train.startup import load_tensorflow
from fakelens.train.workers import Workers

if TYPE_CHECKING:
    from fakelens.train.run.trainer import TrainResult


def lead(job: Job, team: Team) -> "TrainResult":
    """Train `job` as the chief of `team`, or by oneself."""
    from fakelens.train.run.trainer import run_job

    with name_losses(team, job.run):
        return run_job(job, team)


def assist(members: Workers, wait_s: float, open_own: Callable[[Path], Job]) -> None:
    """Train as one of `members` that is not the chief, and end the process when the chief needs no more.

    `open_own` opens the job in a folder that goes again: the chief keeps everything.
    """
    from fakelens.train.run.trainer import fit_share

    with tempfile.TemporaryDirectory(prefix="fakelens-worker-") as base:
        job = open_own(Path(base, "run"))
        team = join_team(members, name_facts(job), wait_s)
        load_tensorflow()
        with name_losses(team, "the chief's run"):
            fit_share(job, team)
    leave_team(f"worker {members.index} is done: the chief goes on by itself")


def open_member(
    data: Path | None, run: Path, chief_run: Path, config: TrainConfig, free: frozenset[str]
) -> Job:
    """Return the job in `run` of a worker that is not the chief.

    Without `data`, as with --resume, data and settings are those of `chief_run`, where that can be read here.
    """
    if data is not None:
        return open_job(data, run, config, free)
    own, data, _ = rundir.read_start(chief_run)
    dataset = load_dataset(data, own.data)
    rundir.start_run(run, own, data, dataset.digest)
    return Job(run=run, config=own, dataset=dataset)


def name_facts(job: Job) -> dict[str, str]:
    """Return what all of a team must agree on: the pictures, and the settings.

    Runs and files that training begins with or learns from may lie in another folder on each machine.
    """
    config = asdict(job.config)
    config["network"]["weights"] = _name_content(job.config.network.weights)
    config["distill"]["teachers"] = [_name_content(name) for name in job.config.distill.teachers]
    settings = json.dumps(config, default=str, sort_keys=True)
    return {"data": job.dataset.digest, "setting": hashlib.sha256(settings.encode()).hexdigest()}


def _name_content(name: str) -> str:
    """Return what tells the run or file at `name` from others; a name that is no path stays what it is."""
    path = Path(name)
    if not path.is_absolute():
        return name
    file = path / run_layout.RECORD if path.is_dir() else path
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else path.name
