"""Soft labels from finished models (Hinton et al. 2015): a small network learns what larger ones answer."""

import hashlib
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow_model_optimization as tfmot
import tf_keras as keras

from fakelens.edge_runtime.detector import Detector
from fakelens.edge_runtime.errors import ConfigError
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.library import find_model
from fakelens.edge_runtime.modelfile import read_model
from fakelens.edge_runtime.preprocess import ImageU8
from fakelens.train import rundir
from fakelens.train.arrays import cache_folder
from fakelens.train.calibrate import to_logit
from fakelens.train.config import TrainConfig
from fakelens.train.fit import Labels, predict
from fakelens.train.selection import Floats

_RESOLUTION = 1 / 512  # half a step of a uint8 probability: as sure as a model file can say it is


def soften_labels(labels: Labels, images_u8: ImageU8, config: TrainConfig) -> Floats:
    """Return P(fake) [n] to learn: `config.distill.share` of the teachers' answer, the rest the label.

    The teachers answer once for all runs on the same images: what they said is kept in the cache folder.
    """
    cached = cache_folder() / "soft_labels" / f"{_cache_key(config.distill.teachers, images_u8)}.npy"
    if not cached.exists():
        buffer = io.BytesIO()
        np.save(buffer, ask_teachers(config.distill.teachers, images_u8))
        cached.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(cached, buffer.getvalue())
    answers = np.load(cached)
    share = config.distill.share
    return np.asarray(share * answers + (1 - share) * labels, np.float32)


def ask_teachers(teachers: tuple[str, ...], images_u8: ImageU8) -> Floats:
    """Return the P(fake) [n] of the mean logit of all `teachers`."""
    answers = [np.clip(_ask(teacher, images_u8), _RESOLUTION, 1 - _RESOLUTION) for teacher in teachers]
    return np.asarray(1 / (1 + np.exp(-np.mean([to_logit(p) for p in answers], axis=0))), np.float32)


def check_teachers(config: TrainConfig, digest: str) -> None:
    """Raise `ConfigError` where a teacher is not made from the data `digest` for images of this size.

    A run must be cut in the same way too: a teacher that has seen the validation images spoils every choice
    made on them. A model file does not tell how its data were cut.
    """
    for teacher in config.distill.teachers:
        if Path(teacher).is_dir():
            _check_run(Path(teacher), config, digest)
        else:
            _check_file(teacher, config, digest)


def _cache_key(teachers: tuple[str, ...], images_u8: ImageU8) -> str:
    key = hashlib.sha256(images_u8.tobytes())
    for teacher in teachers:
        key.update(hashlib.sha256(_find_weights(teacher).read_bytes()).digest())
    return key.hexdigest()[:24]


def _find_weights(teacher: str) -> Path:
    return Path(teacher) / "model.h5" if Path(teacher).is_dir() else find_model(teacher)


def _ask(teacher: str, images_u8: ImageU8) -> npt.NDArray[np.float64]:
    if not Path(teacher).is_dir():
        return np.asarray(Detector(teacher).score(images_u8), np.float64)
    with tfmot.quantization.keras.quantize_scope():
        model = keras.models.load_model(_find_weights(teacher), compile=False)
    return predict(model, images_u8)


def _check_run(run: Path, config: TrainConfig, digest: str) -> None:
    if not (run / rundir.RECORD).is_file():
        raise ConfigError(f"teacher {run}: not a finished run; finish it with `fakelens train --resume`")
    theirs, _, their_digest = rundir.read_start(run)
    if their_digest != digest:
        raise ConfigError(f"teacher {run}: was trained on other data; train it on this DATA")
    cut, their_cut = (
        (data.size, data.fit, data.validation, data.test, data.split_seed)
        for data in (config.data, theirs.data)
    )
    if cut != their_cut:
        raise ConfigError(
            f"teacher {run}: has seen other validation images; its size, fit, validation, test and "
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
