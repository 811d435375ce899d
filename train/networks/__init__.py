"""The networks, one file each: a module `NAME.py` here with `build(config, size)` is network NAME.

Every network is one flat functional tf_keras graph of standard layers. It takes images scaled to 0..1,
float32 [n, size, size, 3], straight into one linear convolution (so that the scale folds into its kernel
at the end of training) and ends in a dense layer and a softmax over (real, fake).
"""

import importlib
import pkgutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fakelens.edge_runtime.errors import ConfigError
from fakelens.train.starts.names import NOTHING, is_start

if TYPE_CHECKING:  # the command line lists the networks in its help, so this module stays light
    from fakelens.train.config import NetworkConfig
    from fakelens.train.starts.start_file import Start

HIDDEN = "hidden"  # name of the hidden layer of a head


def list_networks() -> list[str]:
    """Return the names of all networks."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def check_network(name: str) -> None:
    """Raise `ConfigError` where there is no network `name`."""
    if name not in list_networks():
        raise ConfigError(f"network {name!r} does not exist; there are {', '.join(list_networks())}")


def build_network(config: "NetworkConfig", size: int | None) -> Any:
    """Return a fresh network with input [n, size, size, 3] in 0..1 and output [n, 2], probabilities.

    `size` None leaves height and width open, for training on crops.
    """
    check_network(config.name)
    module = importlib.import_module(f"{__name__}.{config.name}")
    if not is_start(config.weights):
        return module.build(config, size)
    from fakelens.train.starts.start_file import read_start

    model = module.build(replace(config, weights=NOTHING), size)
    take_weights(model, read_start(config.weights))
    for layer in model.layers:
        if layer.__class__.__name__ == "BatchNormalization":
            layer.trainable = False  # statistics of many pictures serve better than those of a few
    return model


def name_head(config: "NetworkConfig") -> str:
    """Return the name of the layer that the head begins with: the hidden one, none for the last dense one."""
    return HIDDEN if config.hidden else ""


def take_weights(model: Any, start: "Start") -> None:
    """Give `model` the weights of `start`; `ConfigError` where it is another network."""
    for layer in model.layers:
        if not layer.weights:
            continue
        shapes = [tuple(variable.shape) for variable in layer.weights]
        if shapes != [array.shape for array in start.weights.get(layer.name, [])]:
            raise ConfigError(
                f"{start.name} has no such {layer.name}: leave the keys of network as --start sets them"
            )
        layer.set_weights(start.weights[layer.name])
