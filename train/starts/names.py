"""The names that `--start` takes; nothing heavy, since the command line lists them in its help."""

from importlib.resources import files
from pathlib import Path

SUFFIX = ".npz"
IMAGENET = "imagenet"
CLIP = "clip"  # a teacher, no start: see `fit.clip_teacher`
STARTS = Path(str(files("fakelens.train.starts")))  # the folder of those that come with the package


def list_starts() -> list[str]:
    """Return the names of the starts that come with the package."""
    return sorted(path.stem for path in STARTS.glob(f"*{SUFFIX}"))


def is_start(weights: str) -> bool:
    """Whether `network.weights` names a start, or a file of one."""
    return weights in list_starts() or weights.endswith(SUFFIX)


def is_run(weights: str) -> bool:
    """Whether `network.weights` is the directory of a run."""
    return Path(weights).is_dir()


def goes_on(weights: str) -> bool:
    """Whether `network.weights` names a run or the file of a start: any network goes on from its own."""
    return is_run(weights) or weights.endswith(SUFFIX)


def describe_starts() -> str:
    """Return the names that `--start` takes, for its help."""
    return ", ".join([*list_starts(), IMAGENET])
