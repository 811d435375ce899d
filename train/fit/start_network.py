"""What a start answers before it is fine-tuned, calibrated and with the borders of its release model."""

import hashlib
from functools import lru_cache

import dacite
import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.modelfile.contract import Decision
from fakelens.train.config import NetworkConfig
from fakelens.train.data.image_rows import Images
from fakelens.train.fit.calibrate import Calibration
from fakelens.train.fit.frozen_layers import open_layers
from fakelens.train.networks import build_network
from fakelens.train.starts.start_file import find_start, read_start


def open_start(name: str) -> "StartNetwork":
    """Return the network of a start, by name or file; the one that was opened last is kept."""
    return _open(name, hashlib.sha256(find_start(name).read_bytes()).hexdigest())


@lru_cache(maxsize=1)
def _open(name: str, digest: str) -> "StartNetwork":
    del digest  # a file of the same name may be another start
    return StartNetwork(name)


class StartNetwork:
    """The network of a start, by name or file."""

    def __init__(self, name: str) -> None:
        start = read_start(name)
        network = dacite.from_dict(
            NetworkConfig, {**start.network, "weights": name, "frozen": 0}, dacite.Config(cast=[tuple])
        )
        self.model = build_network(network, int(start.data["size"]))
        self.layers = open_layers(self.model)
        self.calibration = Calibration(temperature=start.temperature, bias=start.bias)
        self.decision = Decision(
            threshold=start.threshold, unsure_low=start.unsure_low, unsure_high=start.unsure_high
        )

    def answer(self, images_u8: Images) -> npt.NDArray[np.float64]:
        """Return P(fake) [n] of `images_u8` [n, size, size, 3]."""
        return self.calibration.apply(self.layers.answer(self.model, images_u8))
