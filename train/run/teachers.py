"""Models that may teach: checked before anything is trained, without TensorFlow."""

import json
import shlex
from pathlib import Path
from typing import Any

from fakelens.benchmarks.clip import find_package
from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import ConfigError, RunError
from fakelens.edge_runtime.escape import quote
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.train.config import DataConfig, TrainConfig
from fakelens.train.run import rundir
from fakelens.train.starts.names import CLIP, is_start
from fakelens.train.starts.start_file import THE_START

# Keys of data that say what validation images are, and how pictures are seen.
_CUT = ("size", "fit", "delivered", "validation", "test", "split_seed", "most")
_CHOICE = ("leave_out", "left_out", "score_test")  # that say with `most` which pictures are used at all
_VIEW = {"size", "fit", "delivered"}  # one that is not given follows from the pictures and the others


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
    theirs, their_digest = read_finished(run, role)
    flags = list_data_flags(role, config.data, theirs.data, same=their_digest == digest)
    if flags:
        raise ConfigError(f"{role}: has seen other validation images; add {' '.join(flags)}")


def read_finished(run: Path, role: str) -> tuple[TrainConfig, str]:
    """Return settings and data digest of a finished run; `ConfigError` that begins with `role` otherwise."""
    if not (run / run_layout.RECORD).is_file():
        raise ConfigError(
            f"{role}: not a finished run; finish it with `fakelens train --resume -o {quote(run)}`"
        )
    try:
        theirs, _, digest = rundir.read_start(run)
    except (RunError, ConfigError) as error:
        raise ConfigError(f"{role}: its settings cannot be read ({error}); train it anew") from error
    return theirs, digest


def list_data_flags(role: str, own: DataConfig, theirs: DataConfig, *, same: bool) -> list[str]:
    """Return the flags by which `own` sees the pictures of a run with `theirs`, cut in the same way.

    `same` says whether both have the same digest. Raises `ConfigError` where these settings are not what
    makes the pictures others.
    """
    if not same and _choose_pictures(own) == _choose_pictures(theirs):
        raise ConfigError(f"{role}: was trained on other data; train it on this DATA")
    keys = _CUT if same else (*_CUT, *_CHOICE)
    unlike = {key for key in keys if getattr(own, key) != getattr(theirs, key)}
    if unlike & _VIEW:
        unlike |= {"size", "fit"}
    return [write_flag(f"data.{key}", getattr(theirs, key)) for key in keys if key in unlike]


def write_flag(key: str, value: Any) -> str:
    """Return the option that sets `key` to `value`, as a shell reads it."""
    is_plain = not isinstance(value, bool | tuple)
    return f"--set {shlex.quote(f'{key}={value if is_plain else json.dumps(value, ensure_ascii=False)}')}"


def _choose_pictures(data: DataConfig) -> tuple[object, ...]:
    """Return what the digest follows from beside the files: see `load_dataset`."""
    test_is_cut = data.has_histories and not data.score_test
    return data.most, data.leave_out, data.left_out, test_is_cut and (data.test, data.split_seed)


def _check_file(teacher: str, config: TrainConfig, digest: str) -> None:
    contract = read_model(find_model(teacher)).contract
    if digest not in [source.digest for source in contract.training.data]:
        raise ConfigError(f"teacher {teacher}: was trained on other data; train one on this DATA")
    if (contract.input.size, contract.input.fit) != (config.data.size, config.data.fit):
        raise ConfigError(
            f"teacher {teacher}: takes {contract.input.size} px, this run trains on {config.data.size} px"
        )
