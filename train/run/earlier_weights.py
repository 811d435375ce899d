"""The weights that a training begins with: checked before anything is trained, without TensorFlow."""

from dataclasses import replace
from pathlib import Path

from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import ConfigError, RunError
from fakelens.edge_runtime.modelfile.library import list_models
from fakelens.train.config import NETWORK_KEYS, NetworkConfig, TrainConfig
from fakelens.train.fit.checkpoint import load_state
from fakelens.train.run.teachers import list_data_flags, read_finished, write_flag
from fakelens.train.starts.names import CLIP, IMAGENET, NOTHING, is_run, is_start, list_starts
from fakelens.train.starts.start_file import THE_START

_BUILT_ALIKE = {"weights", "dropout", "frozen", "frozen_norms"}  # keys that change no shape of a network


def check_weights(config: TrainConfig, digest: str) -> None:
    """Raise `ConfigError` unless the network can begin with `config.network.weights`.

    A finished run must have the same network, from the data `digest`, cut and seen in the same way.
    """
    network, weights = config.network, config.network.weights
    if is_run(weights):
        _check_run(Path(weights), config, digest)
        return
    if config.fit.blend and (weights in (NOTHING, IMAGENET) or is_start(weights) or Path(weights).is_file()):
        raise ConfigError("fit.blend mixes in the weights of a run: add --weights RUN")
    if weights == NOTHING or is_start(weights):
        return
    if "weights" not in NETWORK_KEYS.get(network.name, {"weights"}):
        raise ConfigError(
            f"weights {weights}: no run is there, and network {network.name} knows no others; "
            "give another path"
        )
    if weights != IMAGENET and not Path(weights).is_file():
        raise ConfigError(f"weights {weights}: no run and no file is there; give another path, or {IMAGENET}")


def check_there(config: TrainConfig, *, begins: bool) -> None:
    """Raise `ConfigError` where a run or file is gone that an interrupted training still needs.

    Those are its teachers and a start; a run too, where the training `begins` with its weights.
    """
    remedy = "put it back there, or train anew into another -o"
    weights = config.network.weights
    is_needed = Path(weights).is_absolute() and (begins or is_start(weights))
    if is_needed and not (is_run(weights) or Path(weights).is_file()):
        raise ConfigError(f"weights {weights}: no run or file is there any more; {remedy}")
    for teacher in config.distill.teachers:
        if Path(teacher).is_absolute() and not Path(teacher).exists():
            raise ConfigError(f"teacher {teacher}: no run or file is there any more; {remedy}")


def resolve_paths(config: TrainConfig) -> TrainConfig:
    """Return `config` with absolute paths of what it begins with and learns from.

    `fakelens train --resume` may come from elsewhere.
    """
    weights, teachers = config.network.weights, config.distill.teachers
    if weights not in (NOTHING, IMAGENET, *list_starts()):
        weights = str(Path(weights).resolve())
    names = (CLIP, THE_START, *list_starts(), *(name for name in list_models() if not Path(name).is_dir()))
    teachers = tuple(name if name in names else str(Path(name).resolve()) for name in teachers)
    return replace(
        config,
        network=replace(config.network, weights=weights),
        distill=replace(config.distill, teachers=teachers),
    )


def _check_run(run: Path, config: TrainConfig, digest: str) -> None:
    role = f"weights {run}"
    theirs, their_digest = read_finished(run, role)
    data_flags = list_data_flags(role, config.data, theirs.data, same=their_digest == digest)
    network_flags = _list_network_flags(config.network, theirs.network)
    flags = " ".join([*data_flags, *network_flags])
    if data_flags:
        raise ConfigError(f"{role}: has seen other validation images; add {flags}")
    if network_flags:
        raise ConfigError(f"{role}: this is another network than that run's; add {flags}")
    try:
        state = load_state(run / run_layout.FLOAT_STATE)
    except RunError as error:
        raise ConfigError(f"{role}: its float weights cannot be read; train it anew") from error
    if not state.best:
        raise ConfigError(f"{role}: its float weights are not there; train it anew")
    if state.diverged:
        raise ConfigError(f"{role}: its training diverged; train it anew with a lower learning rate")


def _list_network_flags(network: NetworkConfig, theirs: NetworkConfig) -> list[str]:
    """Return the flags that make `network` that of a run."""
    if network.name != theirs.name:
        flags = [f"--network {theirs.name}"]
        network = NetworkConfig(name=theirs.name)
    else:
        flags = []
    for key in sorted(NETWORK_KEYS.get(theirs.name, set()) - _BUILT_ALIKE):
        value = getattr(theirs, key)
        if getattr(network, key) != value:
            flags.append(write_flag(f"network.{key}", value))
    return flags
