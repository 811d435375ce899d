"""The size of a model file: on the device, and compressed for the way to it."""

from dataclasses import dataclass
from pathlib import Path

from fakelens.edge_runtime.info.model import count_gzip_bytes
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.graph import measure_sparsity


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Sizes of a model file."""

    size_bytes: int
    gzip_bytes: int  # as an app store or web server would send it; pruning shows here
    sparsity: float  # share of zeros among the kernels' weights, counted in the file


def measure_footprint(path: Path) -> Footprint:
    """Return the sizes of the model at `path`; `ModelError` where it is none."""
    content = path.read_bytes()
    return Footprint(
        size_bytes=len(content),
        gzip_bytes=count_gzip_bytes(content),
        sparsity=measure_sparsity(read_model(path).graph),
    )
