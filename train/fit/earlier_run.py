"""Networks that go on from the float weights of a finished run."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import ConfigError
from fakelens.train.config import NetworkConfig
from fakelens.train.fit.checkpoint import load_state
from fakelens.train.networks import build_network
from fakelens.train.starts.names import NOTHING, is_run


def open_network(config: NetworkConfig, size: int | None) -> Any:
    """Return what `build_network` does; where `config.weights` is a run, with the weights that it kept."""
    if not is_run(config.weights):
        return build_network(config, size)
    model = build_network(replace(config, weights=NOTHING), size)
    take_run_weights(model, Path(config.weights))
    return model


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
