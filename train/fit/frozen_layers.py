"""What the layers below a head make of pictures: once for each picture, since nobody trains them here.

A picture costs a laptop some tens of milliseconds, a head on all of them next to nothing. So what was seen is
kept in the cache folder, by the bytes of the picture: the next run looks at the new pictures only.
"""

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras as keras
from scipy.special import expit

from fakelens.edge_runtime.files import cache_folder, name_archive_errors, write_atomic
from fakelens.edge_runtime.progress import show_progress
from fakelens.train.data.image_rows import Images
from fakelens.train.fit.folded_network import fold_network
from fakelens.train.fit.loop import size_batch

_KEPT = 128  # pictures to a file: so many are looked at again after a kill
_NAME_BYTES = 16
_VERSION = b"3"  # raise it when the features of a picture change
_NO_MATTER = ("name", "trainable", "momentum")  # of a layer's configuration, for what it makes of a picture

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Glance:
    """A look at reduced pictures, of which nothing stays."""

    size: int  # px, of the pictures
    dtype: str  # in which convolutions compute


_opened: "dict[Path, FrozenLayers]" = {}  # the last ones, by their folder in the cache


def open_layers(model: Any, head: str = "") -> "FrozenLayers":
    """Return the layers of `model` below its layer `head`, the last dense one for none, as they are now.

    A start and what is fine-tuned from it have the same ones: they are opened and traced once.
    """
    folder = _name_folder(_cut(model, head))
    if folder not in _opened:
        _opened.clear()
        _opened[folder] = FrozenLayers(model, head)
    return _opened[folder]


class FrozenLayers:
    """The layers of `model` below its layer `head`, as they are now, whatever becomes of `model`.

    With a `glance` they look at pictures of another size, where nothing in them wants one.
    """

    def __init__(self, model: Any, head: str = "", glance: Glance | None = None) -> None:
        self._layers, self._head = _cut(model, head), head
        folded = _fold(self._layers, glance)  # holds its own copy of the weights
        self._weights = self._layers.get_weights() if folded is None else None
        self._forward = _open_forward(self._layers, glance, folded)
        self._folder = _name_folder(self._layers, glance)
        self._shape = _shape_images(self._layers, glance)
        self._seen: dict[bytes, npt.NDArray[np.float32]] = {}
        for path in sorted(self._folder.glob("*.npz")):
            with suppress(*name_archive_errors()), np.load(path) as file:
                self._note([row.tobytes() for row in file["names"]], file["features"])

    def warm_up(self) -> None:
        """Trace the layers now; else the first look does, which takes seconds."""
        self._look(np.zeros((1, *self._shape), np.uint8))

    def see(self, images_u8: Images) -> Values:
        """Return the features [n, channels] of `images_u8` [n, size, size, 3]."""
        names = [_name_image(images_u8[row]) for row in range(len(images_u8))]
        new = list({name: row for row, name in enumerate(names) if name not in self._seen}.values())
        parts = [np.array(new[at : at + _KEPT]) for at in range(0, len(new), _KEPT)]
        for rows in show_progress(parts, "looking at pictures"):
            self._keep([names[row] for row in rows], self._look(images_u8[rows]))
        return np.stack([self._seen[name] for name in names]).astype(np.float64)

    def answer(self, model: Any, images_u8: Images) -> Values:
        """Return P(fake) [n] of `model`, which has these layers below its head, whatever that has learned."""
        values = self.see(images_u8)
        if self._head:  # rectified units below the last dense layer
            kernel, bias = model.get_layer(self._head).get_weights()
            values = np.maximum(values @ kernel + bias, 0.0)
        kernel, bias = find_head(model).get_weights()
        logits = values @ kernel + bias
        return np.asarray(expit(logits[:, 1] - logits[:, 0]), np.float64)

    def _look(self, images_u8: Images) -> npt.NDArray[np.float32]:
        if self._weights is None:
            return self._forward(images_u8).astype(np.float32)
        now = self._layers.get_weights()  # a scale may be folded into them by now
        self._layers.set_weights(self._weights)
        try:
            return self._forward(images_u8).astype(np.float32)
        finally:
            self._layers.set_weights(now)

    def _keep(self, names: Sequence[bytes], features: npt.NDArray[np.float32]) -> None:
        self._note(names, features)
        buffer = io.BytesIO()
        listed = np.frombuffer(b"".join(names), np.uint8).reshape(len(names), _NAME_BYTES)
        np.savez(buffer, names=listed, features=features)
        self._folder.mkdir(parents=True, exist_ok=True)
        write_atomic(self._folder / f"{_digest(*names)}.npz", buffer.getvalue())

    def _note(self, names: Sequence[bytes], features: npt.NDArray[np.float32]) -> None:
        self._seen.update(zip(names, features, strict=True))


def find_head(model: Any) -> Any:
    """Return the last dense layer of `model`."""
    return next(layer for layer in reversed(model.layers) if isinstance(layer, keras.layers.Dense))


def open_features(model: Any, head: str = "") -> Callable[[Images], Values]:
    """Return what makes of images [n, ...] the inputs [n, channels] of `head` (see `open_layers`)."""
    layers = _cut(model, head)
    return _open_forward(layers, None, _fold(layers, None))


def _cut(model: Any, head: str) -> Any:
    return keras.Model(model.input, (model.get_layer(head) if head else find_head(model)).input)


def _fold(layers: Any, glance: Glance | None) -> Callable[[Any], Any] | None:
    return fold_network(layers, "float32" if glance is None else glance.dtype)


def _open_forward(
    layers: Any, glance: Glance | None, folded: Callable[[Any], Any] | None
) -> Callable[[Images], Values]:
    layers.input_spec = None  # which wants images of the size of the model
    images_spec = tf.TensorSpec((None, *_shape_images(layers, glance)), tf.uint8)

    # One trace for batches of any length: the last one is shorter.
    @tf.function(input_signature=[images_spec], autograph=False)
    def forward(images_u8: Any) -> Any:
        images = tf.cast(images_u8, tf.float32) / 255
        return layers(images, training=False) if folded is None else folded(images)

    def see(images_u8: Images) -> Values:
        batch = size_batch(images_u8)
        starts = range(0, len(images_u8), batch)
        parts = [forward(tf.constant(np.asarray(images_u8[at : at + batch]))).numpy() for at in starts]
        return np.concatenate(parts).astype(np.float64)

    return see


def _shape_images(layers: Any, glance: Glance | None) -> tuple[int, ...]:
    height, width, channels = layers.input.shape[1:]
    return (height, width, channels) if glance is None else (glance.size, glance.size, channels)


def _name_folder(layers: Any, glance: Glance | None = None) -> Path:
    name = _name_layers(layers) + ("" if glance is None else f"-{glance.size}px-{glance.dtype}")
    return cache_folder() / "features" / name


def _name_image(image_u8: npt.NDArray[np.uint8]) -> bytes:
    return hashlib.blake2b(image_u8.tobytes(), digest_size=_NAME_BYTES).digest()


def _name_layers(layers: Any) -> str:
    """Return what tells these layers, with weights and arithmetic, from all others."""
    parts = [_VERSION]
    for layer in layers.layers:
        if not isinstance(layer, keras.layers.Dropout):
            own = {key: value for key, value in layer.get_config().items() if key not in _NO_MATTER}
            parts.append(json.dumps([type(layer).__name__, own], sort_keys=True, default=str).encode())
            parts += [array.tobytes() for array in layer.get_weights()]
    return _digest(*parts)


def _digest(*parts: bytes) -> str:
    whole = hashlib.blake2b(digest_size=_NAME_BYTES)
    for part in parts:
        whole.update(part)
    return whole.hexdigest()
