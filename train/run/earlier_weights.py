"""The weights that a training begins with: checked before anything is trained, without TensorFlow."""

from pathlib import Path
from typing import Any

import numpy as np

from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import ConfigError, RunError
from fakelens.train.config import NETWORK_KEYS, NetworkConfig, TrainConfig
from fakelens.train.fit.checkpoint import load_state
from fakelens.train.run import rundir
from fakelens.train.run.teachers import check_run
from fakelens.train.starts.names import IMAGENET, NOTHING, is_run, is_start

_BUILT_ALIKE = {"weights", "dropout", "frozen", "frozen_norms"}  # keys that change no shape of a network


def check_weights(config: TrainConfig, digest: str) -> None:
    """Raise `ConfigError` unless the network can begin with `config.network.weights`.

    A finished run must have the same network, from the data `digest`, cut and seen in the same way.
    """
    network, weights = config.network, config.network.weights
    if config.fit.blend and not is_run(weights):
        raise ConfigError("fit.blend mixes in the weights of a run: add --weights RUN, which must be there")
    if weights == NOTHING or is_start(weights):
        return
    if is_run(weights):
        _check_run(Path(weights), config, digest)
    elif "weights" not in NETWORK_KEYS.get(network.name, {"weights"}):
        raise ConfigError(f"weights {weights}: no run is there, and network {network.name} knows no others")
    elif weights != IMAGENET and not Path(weights).is_file():
        raise ConfigError(f"weights {weights}: no run and no file is there; give another path, or {IMAGENET}")


def _check_run(run: Path, config: TrainConfig, digest: str) -> None:
    role = f"weights {run}"
    check_run(run, role, config, digest)
    theirs = rundir.read_start(run)[0].network
    flags = " ".join(_list_differences(config.network, theirs))
    if flags:
        raise ConfigError(f"{role}: this is another network than that run's; add {flags}")
    try:
        state = load_state(run / run_layout.FLOAT_STATE)
    except RunError as error:
        raise ConfigError(f"{role}: its float weights cannot be read; train it anew") from error
    if not state.best:
        raise ConfigError(f"{role}: its float weights are not there; train it anew")
    if not all(np.isfinite(array).all() for array in state.best):
        raise ConfigError(f"{role}: its training diverged; train it anew with a lower learning rate")


def _list_differences(network: NetworkConfig, theirs: NetworkConfig) -> list[str]:
    """Return the flags that make `network` that of a run."""
    if network.name != theirs.name:
        flags = [f"--network {theirs.name}"]
        network = NetworkConfig(name=theirs.name)
    else:
        flags = []
    for key in sorted(NETWORK_KEYS.get(theirs.name, set()) - _BUILT_ALIKE):
        value = getattr(theirs, key)
        if getattr(network, key) != value:
            flags.append(f"--set network.{key}={_write(value)}")
    return flags


def _write(value: Any) -> str:
    return f"[{','.join(map(str, value))}]" if isinstance(value, tuple) else str(value).lower()
