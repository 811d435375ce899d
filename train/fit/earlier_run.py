"""Networks that go on from the float weights of a finished run."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import ConfigError
from fakelens.train.config import NetworkConfig
from fakelens.train.fit.checkpoint import load_state
from fakelens.train.networks import build_network
from fakelens.train.networks.lite0 import take_blocks
from fakelens.train.settings import load_config
from fakelens.train.starts.names import NOTHING, is_run


def open_network(config: NetworkConfig, size: int | None) -> Any:
    """Return what `build_network` does; where `config.weights` is a run, with the weights that it kept.

    Of a run of more blocks it takes those that are there (lite0); a head of another shape begins anew.
    """
    if not is_run(config.weights):
        return build_network(config, size)
    run = Path(config.weights)
    model = build_network(replace(config, weights=NOTHING), size)
    if brings_head(config):
        take_run_weights(model, run)
        return model
    earlier = build_network(replace(_read_network(run), weights=NOTHING), size)
    take_run_weights(earlier, run)
    take_blocks(model, earlier)
    return model


def brings_head(config: NetworkConfig) -> bool:
    """Whether `config.weights` is a run that gives its whole network, the head too."""
    return is_run(config.weights) and config.has_head_of(_read_network(Path(config.weights)))


def _read_network(run: Path) -> NetworkConfig:
    return load_config(str(run / run_layout.CONFIG), {}).network


def take_run_weights(model: Any, run: Path, share: float = 1.0) -> None:
    """Give `model` the float weights that `run` kept, by `share` of 0 to 1, beside what remains of its own.

    `ConfigError` where that is another network.
    """
    weights = load_state(run / run_layout.FLOAT_STATE).best
    if [array.shape for array in weights] != [tuple(variable.shape) for variable in model.weights]:
        raise ConfigError(
            f"weights {run}: another network; give the keys of network that it was trained with"
        )
    pairs = zip(weights, model.get_weights(), strict=True)
    model.set_weights([share * earlier + (1 - share) * own for earlier, own in pairs])
