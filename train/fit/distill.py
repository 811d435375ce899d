"""Soft labels from finished models (Hinton et al. 2015): a small network learns what larger ones answer."""

import hashlib
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow_model_optimization as tfmot
import tf_keras as keras

from fakelens.benchmarks.clip import FILE, find_package
from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.files import cache_folder, write_atomic
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.train.config import DistillConfig, TrainConfig
from fakelens.train.data.epoch import Floats
from fakelens.train.data.image_rows import Images
from fakelens.train.fit.calibrate import to_logit
from fakelens.train.fit.clip_teacher import METHOD, Known, ask_clip
from fakelens.train.fit.loop import predict
from fakelens.train.fit.start_network import open_start
from fakelens.train.starts.names import CLIP, is_start
from fakelens.train.starts.start_file import THE_START, find_start

_RESOLUTION = 1 / 512  # half a step of a uint8 probability: as sure as a model file can say it is

_HASHED = 500  # images at a time


def soften_labels(known: Known, images_u8: Images, config: TrainConfig) -> Floats:
    """Return P(fake) [n] to learn: `config.distill.share` of the teachers' answer, the rest the label.

    With `config.distill.corrected` a teacher may be unsure of an image and not wrong about it: a photo that
    it takes for a fake is `config.distill.wrong_photos` to it.
    The teachers answer once for all runs on the same images: what they said is kept in the cache folder.
    """
    cached = cache_folder() / "soft_labels" / f"{_cache_key(_name_teachers(config), images_u8, known)}.npy"
    if not cached.exists():
        buffer = io.BytesIO()
        np.save(buffer, ask_teachers(_name_teachers(config), images_u8, known))
        cached.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(cached, buffer.getvalue())
    return mix_labels(np.load(cached), known.labels, config.distill)


def mix_labels(answers: Floats, labels: npt.NDArray[np.uint8], config: DistillConfig) -> Floats:
    """Return P(fake) [n] to learn of the teachers' `answers` [n] and the `labels` [n]."""
    if config.corrected:
        of_photos = np.where(answers > 0.5, config.wrong_photos, answers)
        answers = np.where(labels == 1, np.maximum(answers, 0.5), of_photos)
    return np.asarray(config.share * answers + (1 - config.share) * labels, np.float32)


def _name_teachers(config: TrainConfig) -> tuple[str, ...]:
    """Return the teachers, the network that training starts from by its name."""
    return tuple(config.network.weights if name == THE_START else name for name in config.distill.teachers)


def ask_teachers(teachers: tuple[str, ...], images_u8: Images, known: Known) -> Floats:
    """Return the P(fake) [n] of the mean logit of all `teachers`; CLIP's fitted to what is `known`."""
    answers = [np.clip(_ask(teacher, images_u8, known), _RESOLUTION, 1 - _RESOLUTION) for teacher in teachers]
    return np.asarray(1 / (1 + np.exp(-np.mean([to_logit(p) for p in answers], axis=0))), np.float32)


def _cache_key(teachers: tuple[str, ...], images_u8: Images, known: Known) -> str:
    key = hashlib.sha256(known.labels.tobytes() + known.sources.tobytes())
    for start in range(0, len(images_u8), _HASHED):
        key.update(images_u8[start : start + _HASHED].tobytes())
    for teacher in teachers:
        key.update(METHOD.encode() if teacher == CLIP else b"")
        key.update(hashlib.sha256(find_weights(teacher).read_bytes()).digest())
    return key.hexdigest()[:24]


def _ask(teacher: str, images_u8: Images, known: Known) -> npt.NDArray[np.float64]:
    if teacher == CLIP:
        return np.asarray(ask_clip(images_u8, known), np.float64)
    if is_start(teacher):
        return open_start(teacher).answer(images_u8)
    if not Path(teacher).is_dir():
        return np.asarray(Detector(teacher).score(np.asarray(images_u8)), np.float64)
    with tfmot.quantization.keras.quantize_scope():
        model = keras.models.load_model(find_weights(teacher), compile=False)
    return predict(model, images_u8)


def find_weights(teacher: str) -> Path:
    """Return the file that holds a teacher: CLIP's encoder, the model of a run, a start, a model file."""
    if teacher == CLIP:
        return find_package() / FILE
    if is_start(teacher):
        return find_start(teacher)
    return Path(teacher) / run_layout.MODEL if Path(teacher).is_dir() else find_model(teacher)
