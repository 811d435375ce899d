"""What is to be trained, checked before TensorFlow is loaded: what is wrong is said at once."""

from dataclasses import dataclass
from pathlib import Path

from fakelens.edge_runtime.errors import RunError, UsageError
from fakelens.train import rundir
from fakelens.train.config import TrainConfig
from fakelens.train.data import Dataset, load_dataset
from fakelens.train.teachers import check_teachers


@dataclass(frozen=True, kw_only=True)
class Job:
    """A run directory that is open for training, its configuration and its data."""

    run: Path
    config: TrainConfig
    dataset: Dataset


def open_job(data: Path, run: Path, config: TrainConfig) -> Job:
    """Open the new run directory `run` for training on `data`; `UsageError` where either cannot be used."""
    rundir.check_new(run)
    dataset = load_dataset(data, config.data)
    check_teachers(config, dataset.digest)
    rundir.start_run(run, config, data, dataset.digest)
    return Job(run=run, config=config, dataset=dataset)


def reopen_job(run: Path, data: Path | None = None, config: TrainConfig | None = None) -> Job:
    """Open the interrupted training in `run` again, on its own data and configuration.

    `UsageError` where `data` or `config` are given and are not the run's.
    """
    if (run / rundir.RECORD).exists():
        raise UsageError(f"{run}: this training is finished; convert it, or train into another -o")
    own_config, own_data, digest = rundir.read_start(run)
    if data is not None and data.resolve() != own_data:
        raise UsageError(f"{run} is trained on {own_data}, not {data}; leave DATA out, or choose another -o")
    if config is not None and config != own_config:
        raise UsageError(f"{run} was started with other settings; leave them out, or choose another -o")
    dataset = load_dataset(own_data, own_config.data)
    if dataset.digest != digest:
        raise RunError(f"{own_data}: the images have changed since the run began; train into a new -o")
    check_teachers(own_config, dataset.digest)
    return Job(run=run, config=own_config, dataset=dataset)
