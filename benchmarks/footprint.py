"""What a model file weighs: on the device, and on the way to it."""

from dataclasses import dataclass
from pathlib import Path

from fakelens.edge_runtime.info import count_gzip_bytes


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Sizes of a model file."""

    size_bytes: int
    gzip_bytes: int  # as an app store or web server would send it; pruning shows here


def measure_footprint(path: Path) -> Footprint:
    """Return the sizes of the file at `path`."""
    content = path.read_bytes()
    return Footprint(size_bytes=len(content), gzip_bytes=count_gzip_bytes(content))
