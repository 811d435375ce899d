"""Models that may teach: checked before anything is trained, without TensorFlow."""

from pathlib import Path

from fakelens.benchmarks.clip import find_package
from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import ConfigError, RunError
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.train.config import TrainConfig
from fakelens.train.run import rundir
from fakelens.train.starts.names import CLIP, is_start
from fakelens.train.starts.start_file import THE_START

_CUT = ("size", "fit", "validation", "test", "split_seed")  # keys of data that say what validation images are


def check_teachers(config: TrainConfig, digest: str) -> None:
    """Raise `ConfigError` where a teacher is not made from the data `digest` for images of this size.

    A run must be cut in the same way too: a teacher that has seen the validation images spoils every choice
    made on them. A model file does not tell how its data were cut.
    """
    for teacher in config.distill.teachers:
        if teacher == CLIP:
            find_package()
        elif teacher == THE_START:
            if not is_start(config.network.weights):
                raise ConfigError(f"teacher {teacher}: this run starts from no model; add --start")
        elif Path(teacher).is_dir():
            check_run(Path(teacher), f"teacher {teacher}", config, digest)
        else:
            _check_file(teacher, config, digest)


def check_run(run: Path, role: str, config: TrainConfig, digest: str) -> None:
    """Raise `ConfigError` that begins with `role`, unless `run` is finished and cut `digest` in this way."""
    if not (run / run_layout.RECORD).is_file():
        raise ConfigError(f"{role}: not a finished run; finish it with `fakelens train --resume -o {run}`")
    try:
        theirs, _, their_digest = rundir.read_start(run)
    except (RunError, ConfigError) as error:
        raise ConfigError(f"{role}: its settings cannot be read ({error}); train it anew") from error
    if their_digest != digest:
        raise ConfigError(f"{role}: was trained on other data; train it on this DATA")
    values = {key: (getattr(config.data, key), getattr(theirs.data, key)) for key in _CUT}
    flags = [f"--set data.{key}={value}" for key, (own, value) in values.items() if own != value]
    if flags:
        raise ConfigError(f"{role}: has seen other validation images; add {' '.join(flags)}")


def _check_file(teacher: str, config: TrainConfig, digest: str) -> None:
    contract = read_model(find_model(teacher)).contract
    if digest not in [source.digest for source in contract.training.data]:
        raise ConfigError(f"teacher {teacher}: was trained on other data; train one on this DATA")
    if (contract.input.size, contract.input.fit) != (config.data.size, config.data.fit):
        raise ConfigError(
            f"teacher {teacher}: takes {contract.input.size} px, this run trains on {config.data.size} px"
        )
