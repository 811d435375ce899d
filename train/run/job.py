"""A training job, checked before TensorFlow is loaded: mistakes are reported at once."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import RunError, UsageError
from fakelens.edge_runtime.escape import quote
from fakelens.edge_runtime.files import stage_folder
from fakelens.train.audit.leak import Leak
from fakelens.train.config import TrainConfig
from fakelens.train.data.dataset import Dataset, load_dataset
from fakelens.train.data.layouts import check_apart
from fakelens.train.defaults import choose_fit, choose_view, keep_free
from fakelens.train.fit.checkpoint import load_state
from fakelens.train.run import rundir
from fakelens.train.run.earlier_weights import check_there, check_weights, resolve_paths
from fakelens.train.run.teachers import check_teachers
from fakelens.train.settings import load_config

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Job:
    """A run directory that is open for training, its configuration and its data."""

    run: Path
    config: TrainConfig
    dataset: Dataset


def open_job(
    data: Path,
    run: Path,
    config: TrainConfig,
    free: frozenset[str] = frozenset(),
    leak: Leak | None = None,
) -> Job:
    """Open the new run directory `run` for training on `data`; `UsageError` where either cannot be used.

    The keys in `free` take what suits the data. `leak` is what its audit found, for the verdict.
    """
    rundir.check_new(run)
    check_apart(run, data, config.data.layout)
    config = choose_view(config, data, free)
    dataset = load_dataset(data, config.data)
    config = choose_fit(config, dataset, free)
    check_weights(config, dataset.digest)
    check_teachers(config, dataset.digest)
    config = resolve_paths(config)
    if leak is not None:
        leak = replace(leak, seen=not config.data.has_histories)
        if not leak.seen:
            _log.info(
                "every picture is rescaled and compressed at random before it is learned from: the network "
                "does not see its file, though what goes with it, such as sharpness"
            )
    rundir.start_run(run, config, data, dataset.digest, leak)
    return Job(run=run, config=config, dataset=dataset)


def reopen_job(
    run: Path,
    data: Path | None = None,
    config: TrainConfig | None = None,
    free: frozenset[str] = frozenset(),
) -> Job:
    """Open the interrupted training in `run` again, on its own data and configuration.

    `UsageError` where `data` or `config` are given and are not the run's, but for the keys in `free`.
    """
    if (run / run_layout.RECORD).exists():
        raise UsageError(f"{run}: this training is finished; convert it, or train into another -o")
    own_config, own_data, digest = rundir.read_start(run)
    own_config = resolve_paths(own_config)  # for runs of earlier versions, which kept them as given
    if data is not None and data.resolve() != own_data:
        raise UsageError(f"{run} is trained on {own_data}, not {data}; leave DATA out, or choose another -o")
    if config is not None and resolve_paths(keep_free(config, own_config, free)) != own_config:
        raise UsageError(f"{run} was started with other settings; leave them out, or choose another -o")
    begins = own_config.fit.blend > 0 or not (run / run_layout.FLOAT_STATE).exists()
    check_there(own_config, begins=begins)
    dataset = load_dataset(own_data, own_config.data)
    if dataset.digest != digest:
        raise RunError(f"{own_data}: the images have changed since the run began; train into a new -o")
    if begins:
        check_weights(own_config, dataset.digest)
    check_teachers(own_config, dataset.digest)
    return Job(run=run, config=own_config, dataset=dataset)


def derive_job(parent: Path, run: Path, given: Mapping[str, Any]) -> Job:
    """Open the new run directory `run` on the data and trained float weights of the finished run `parent`.

    `given` maps keys such as `prune.sparsity` to what differs from the settings of `parent`. `RunError` where
    that is not finished or lacks its weights, `UsageError` where `given` asks for other float weights.
    """
    rundir.check_new(run)
    own, data, digest = rundir.read_start(parent)
    config = load_config(str(parent / run_layout.CONFIG), given)
    if not (parent / run_layout.RECORD).exists():
        raise RunError(f"{parent}: not finished; go on with `fakelens train --resume -o {quote(parent)}`")
    if not (parent / run_layout.FLOAT_STATE).is_file():
        raise RunError(
            f"{parent / run_layout.FLOAT_STATE}: missing, there are no float weights to go on from; "
            "train anew"
        )
    if load_state(parent / run_layout.FLOAT_STATE).diverged:
        raise RunError(f"{parent}: its training diverged; train it anew with a lower learning rate")
    if not _is_same_float_stage(config, own):
        raise UsageError(
            f"{parent} was trained with other settings; only prune, qat, decision, name, description and "
            f"limits may differ, for the rest `fakelens train DATA --weights {quote(parent)}` trains its "
            "weights on"
        )
    check_apart(run, data, config.data.layout)
    dataset = load_dataset(data, config.data)
    if dataset.digest != digest:
        raise RunError(f"{data}: the images have changed since {parent} was trained; train into a new -o")
    if config.fit.blend:
        check_weights(config, dataset.digest)
    check_teachers(config, dataset.digest)
    with stage_folder(run) as staging:  # complete or not there: a run without them would train them anew
        rundir.start_run(staging, config, data, digest, rundir.read_leak(parent))
        rundir.copy_float_state(parent, staging)
    return Job(run=run, config=config, dataset=dataset)


def _is_same_float_stage(config: TrainConfig, own: TrainConfig) -> bool:
    """Whether both ask for the same float weights, whatever is to be done with them."""
    later = replace(config, prune=own.prune, qat=own.qat, decision=own.decision)
    return replace(later, name=own.name, description=own.description, limits=own.limits) == own
