"""The names that `--start` takes; nothing heavy, since the command line lists them in its help."""

from importlib.resources import files
from pathlib import Path

from fakelens.edge_runtime import run_layout

SUFFIX = ".npz"
NOTHING = "none"  # of `network.weights`: begin from random ones
IMAGENET = "imagenet"
CLIP = "clip"  # a teacher, no start: see `fit.clip_teacher`
STARTS = Path(str(files("fakelens.train.starts")))  # the folder of those that come with the package


def list_starts() -> list[str]:
    """Return the names of the starts that come with the package."""
    return sorted(path.stem for path in STARTS.glob(f"*{SUFFIX}"))


def is_start(weights: str) -> bool:
    """Whether `network.weights` names a start, or a file of one; a folder is none, whatever its name."""
    return weights in list_starts() or (weights.endswith(SUFFIX) and not Path(weights).is_dir())


def is_run(weights: str) -> bool:
    """Whether `network.weights` is the directory of a run; a name of weights is none, whatever lies there."""
    named = weights in (NOTHING, IMAGENET) or is_start(weights)
    return not named and Path(weights, run_layout.CONFIG).is_file()


def describe_starts() -> str:
    """Return the names that `--start` takes, for its help."""
    return ", ".join([*list_starts(), IMAGENET])
