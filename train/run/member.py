"""The part of a team's process that is its own: the job of one that is not the chief, and what must agree."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from fakelens.train.config import TrainConfig
from fakelens.train.data.dataset import load_dataset
from fakelens.train.distributed import Team
from fakelens.train.run import rundir
from fakelens.train.run.job import Job, open_job
from fakelens.train.workers import Workers


@contextmanager
def own_folder(members: Workers | None, output: Path) -> Iterator[Path]:
    """Yield the run directory of this process: `output` of the chief, one that goes again of the others."""
    if members is None or members.is_chief:
        yield output
        return
    with tempfile.TemporaryDirectory(prefix="fakelens-worker-") as base:
        yield Path(base, "run")


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


def check_agreement(job: Job, team: Team) -> None:
    """Raise `UsageError` in every process unless all train on the same pictures by the same settings."""
    team.compare("data set", job.dataset.digest)
    team.compare("recipe or setting", json.dumps(asdict(job.config), default=str, sort_keys=True))
