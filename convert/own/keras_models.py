"""Classifiers of TensorFlow: files of Keras 3 and of tf_keras (Keras 2), and SavedModel folders."""

import json
import os
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tensorflow as tf

from fakelens.convert.own.classifier import Classifier, GraphForm, check_shapes
from fakelens.convert.own.config import Scaling
from fakelens.convert.own.scaling import Floats, describe_scaling
from fakelens.convert.recipes import Io, Quantization
from fakelens.convert.rounding import round_weights
from fakelens.convert.tflite import NetworkCall, convert_call
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import name_archive_errors

_BATCH = 32
_SAVED_MODEL = "saved_model.pb"
_UNKNOWN = (
    re.compile(r"Unknown layer: '?(\w+)'?"),
    re.compile(r"Could not (?:locate|deserialize) class '(\w+)'"),
    re.compile(r"'class_name': '(\w+)', 'config'"),
)
_EXPORT = "export it as a SavedModel, which brings the code of its layers: model.export('folder')"


def is_saved_model(path: Path) -> bool:
    """Whether `path` is the folder of a SavedModel."""
    return (path / _SAVED_MODEL).is_file()


def load_classifier(path: Path, size: int | None) -> Classifier:
    """Return the model in `path`; `UsageError` where it cannot be loaded or is no classifier of one picture.

    No code that a file brings is run but the graph of a SavedModel: Lambda layers are refused.
    """
    if path.is_dir():
        return _load_saved_model(path, size)
    config, version = _read_keras_file(path)
    _refuse_lambdas(path, config)
    if version.startswith("3"):
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
        import keras

        return _open_keras(path, size, keras, f"Keras {version}")
    import tf_keras

    return _open_keras(path, size, tf_keras, f"Keras {version or '2'}")


@dataclass(frozen=True, kw_only=True)
class _TensorFlowClassifier:
    kind: str
    size: int
    parameters: int
    call: NetworkCall
    variables: tuple[Any, ...]
    scalings: tuple[Scaling, ...] = tuple(Scaling)

    def answer(self, images: Floats) -> Floats:
        batches = [
            np.asarray(self.call(tf.constant(images[start : start + _BATCH])))
            for start in range(0, len(images), _BATCH)
        ]
        return np.concatenate(batches).astype(np.float32)

    def build_graph(self, form: GraphForm) -> bytes:
        affine = describe_scaling(form.reading.scaling)
        kernel = tf.constant(
            affine.kernel[None, None]
        )  # as 1 x 1 convolution: int8 has a scale for each colour
        bias = tf.constant(affine.bias)
        reading = form.reading

        def classify(image: Any) -> Any:
            answer = self.call(tf.nn.conv2d(image, kernel, 1, "VALID") + bias)
            if reading.outputs == 1:
                share = tf.sigmoid(answer) if reading.logits else answer
                pair = [1 - share, share] if reading.fake_last else [share, 1 - share]
                return tf.concat(pair, axis=-1)
            shares = tf.nn.softmax(answer) if reading.logits else answer
            return shares if reading.fake_last else tf.concat([shares[:, 1:], shares[:, :1]], axis=-1)

        def convert(quantization: Quantization, io: Io) -> bytes:
            images = form.calibration_u8
            return convert_call(classify, self.size, self.variables, (quantization, io), images)

        graph = convert(form.quantization, form.io)
        if form.quantization is not Quantization.INT8 or form.calibration_u8 is None:
            return graph
        return round_weights(graph, convert(Quantization.FLOAT32, Io.FLOAT), form.calibration_u8)


def _open_keras(path: Path, size: int | None, library: Any, kind: str) -> Classifier:
    """Load a file with the Keras that wrote it."""
    try:
        model = library.saving.load_model(str(path), compile=False)
    except Exception as error:  # Keras raises many kinds on files that are damaged or not its own
        raise UsageError(f"{path}: {_explain(error)}") from error
    if not getattr(model, "inputs", None):
        raise UsageError(
            f"{path}: was saved before its input was known; call it on a picture and save it again"
        )
    inputs, outputs = ([tuple(tensor.shape) for tensor in end] for end in (model.inputs, model.outputs))
    side = check_shapes(path, inputs, outputs, size)
    variables = [
        variable if isinstance(variable, tf.Variable) else variable.value for variable in model.variables
    ]
    _check_weights(path, variables)
    call = tf.function(lambda image: model(image, training=False))
    return _TensorFlowClassifier(
        kind=kind, size=side, parameters=int(model.count_params()), call=call, variables=tuple(variables)
    )


def _load_saved_model(path: Path, size: int | None) -> Classifier:
    if not is_saved_model(path):
        raise UsageError(f"{path}: no {_SAVED_MODEL} in this folder, so no SavedModel")
    try:
        loaded = tf.saved_model.load(str(path))
        signatures = dict(loaded.signatures)
    except Exception as error:  # many kinds, as above
        raise UsageError(f"{path}: {_explain(error)}") from error
    name = next((n for n in ("serving_default", "serve", *signatures) if n in signatures), None)
    if name is None:
        raise UsageError(f"{path}: has no signature to call; save it with model.export('folder')")
    signature = signatures[name]
    inputs = signature.structured_input_signature[1]
    sides = inputs, signature.structured_outputs
    shapes = [[tuple(spec.shape) for spec in end.values()] for end in sides]
    side = check_shapes(path, shapes[0], shapes[1], size)
    ((key, source),) = inputs.items()
    variables = list(getattr(loaded, "variables", signature.variables))
    _check_weights(path, variables)

    def call(image: Any) -> Any:
        (answer,) = signature(**{key: tf.cast(image, source.dtype)}).values()
        return tf.cast(answer, tf.float32)

    def call_one_by_one(images: Any) -> Any:
        return tf.concat([call(image[None]) for image in tf.unstack(images)], axis=0)

    function = call_one_by_one if source.shape[0] == 1 else call
    parameters = sum(int(np.prod(variable.shape)) for variable in variables)
    return _TensorFlowClassifier(
        kind="SavedModel",
        size=side,
        parameters=parameters,
        call=function,
        variables=(*variables, *_keep(loaded)),
    )


def _keep(loaded: Any) -> Sequence[Any]:
    """Return what must live as long as the calls of `loaded` do."""
    return (loaded,)


def _read_keras_file(path: Path) -> tuple[str, str]:
    """Return the configuration of a Keras file as text, and the version of the Keras that wrote it."""
    path.open("rb").close()  # h5py says in words of its own that it may not
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                version = json.loads(archive.read("metadata.json")).get("keras_version", "3")
                return archive.read("config.json").decode(), str(version)
        with h5py.File(path) as file:
            config, version = file.attrs["model_config"], file.attrs.get("keras_version", "2")
            return _to_text(config), _to_text(version)
    except name_archive_errors(AttributeError) as error:
        raise UsageError(
            f"{path}: no whole Keras model ({(str(error) or type(error).__name__).splitlines()[0]}); weights "
            "alone are not enough, save it with model.save('name.keras')"
        ) from error


def _to_text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _refuse_lambdas(path: Path, config: str) -> None:
    """Refuse layers that are code: loading such a file would run it."""
    if re.search(r'"class_name":\s*"Lambda"', config):
        raise UsageError(f"{path}: holds a Lambda layer, which is code that is not run; {_EXPORT}")


def _check_weights(path: Path, variables: Sequence[Any]) -> None:
    arrays = [np.asarray(variable) for variable in variables]
    broken = [array for array in arrays if array.dtype.kind == "f" and not np.isfinite(array).all()]
    if broken:
        raise UsageError(
            f"{path}: {len(broken)} of {len(arrays)} weight arrays hold NaN or infinity, training "
            "diverged; train it again with a lower learning rate"
        )


def _explain(error: Exception) -> str:
    """Return why a file does not load, with the layer that is unknown where that is why."""
    text = str(error)
    for pattern in _UNKNOWN:
        found = pattern.search(text)
        if found:
            return f"holds the layer {found[1]}, which is none of Keras; {_EXPORT}"
    reason = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    return f"does not load ({reason[:200]}); save it again with model.save('name.keras')"
