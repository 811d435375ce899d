"""Models that may teach, and runs that go on: checked before anything is trained, without TensorFlow."""

from pathlib import Path

from fakelens.benchmarks.clip import find_package
from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import ConfigError
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.train.config import TrainConfig
from fakelens.train.run import rundir
from fakelens.train.starts.names import CLIP, is_run, is_start
from fakelens.train.starts.start_file import THE_START


def check_teachers(config: TrainConfig, digest: str) -> None:
    """Raise `ConfigError` where a teacher, or the run to go on from, is not made from the data `digest`.

    It must be made for images of this size, and a run be cut in the same way: one that has seen validation
    images spoils every choice made on them. A model file does not tell how its data were cut.
    """
    if is_run(config.network.weights):
        _check_weights(Path(config.network.weights), config, digest)
    for teacher in config.distill.teachers:
        if teacher == CLIP:
            find_package()
        elif teacher == THE_START:
            if not is_start(config.network.weights):
                raise ConfigError(f"teacher {teacher}: this run starts from no model; add --start")
        elif Path(teacher).is_dir():
            _check_run(Path(teacher), f"teacher {teacher}", config, digest)
        else:
            _check_file(teacher, config, digest)


def _check_weights(run: Path, config: TrainConfig, digest: str) -> None:
    _check_run(run, f"weights {run}", config, digest)
    if not (run / run_layout.FLOAT_STATE).is_file():
        raise ConfigError(
            f"weights {run}: {run_layout.FLOAT_STATE} is missing, with the weights to go on from"
        )


def _check_run(run: Path, role: str, config: TrainConfig, digest: str) -> None:
    if not (run / run_layout.RECORD).is_file():
        raise ConfigError(f"{role}: not a finished run; finish it with `fakelens train --resume`")
    theirs, _, their_digest = rundir.read_start(run)
    if their_digest != digest:
        raise ConfigError(f"{role}: was trained on other data; train it on this DATA")
    cut, their_cut = (
        (data.size, data.fit, data.validation, data.test, data.split_seed)
        for data in (config.data, theirs.data)
    )
    if cut != their_cut:
        raise ConfigError(
            f"{role}: has seen other validation images; its size, fit, validation, test and "
            "split_seed must be the same"
        )


def _check_file(teacher: str, config: TrainConfig, digest: str) -> None:
    contract = read_model(find_model(teacher)).contract
    if digest not in [source.digest for source in contract.training.data]:
        raise ConfigError(f"teacher {teacher}: was trained on other data; train one on this DATA")
    if (contract.input.size, contract.input.fit) != (config.data.size, config.data.fit):
        raise ConfigError(
            f"teacher {teacher}: takes {contract.input.size} px, this run trains on {config.data.size} px"
        )
