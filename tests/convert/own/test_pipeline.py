"""Real models of Keras 3 and tf_keras, a SavedModel and foreign .tflite files."""

import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from fakelens.convert.finish import ConvertResult
from fakelens.convert.own.config import OwnConfig, Scaling
from fakelens.convert.own.pipeline import convert_own
from fakelens.convert.own.scaling import scale_images
from fakelens.convert.recipes import ConvertConfig, Quantization
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import FakelensError, GateError, UsageError
from fakelens.edge_runtime.pictures.preprocess import load_image


def _convert(
    model: Path, pictures: Path, output: Path, quantization: Quantization = Quantization.FLOAT32, **how: Any
) -> tuple[ConvertResult, list[str]]:
    told: list[str] = []
    form = ConvertConfig(run=model, quantization=quantization, output=output, max_drop=3.0)
    config = OwnConfig(real=pictures / "camera", fake=pictures / "made", form=form, **how)
    return convert_own(config, told.append), told


def _check_all(output: Path, pictures: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return P(fake) by the file, straight from picture files, and the pictures' bytes."""
    files = sorted(pictures.glob("*/*.png"))
    detector = Detector(output)
    return (
        np.array([detector.check(path).p_fake for path in files]),
        np.stack([np.asarray(load_image(path)) for path in files]),
    )


def test_keras_3_to_float_and_int8_with_its_scaling_and_order_found(
    keras3_model: tuple[Any, Path], pictures: Path, tmp_path: Path
) -> None:
    model, path = keras3_model
    result, told = _convert(path, pictures, tmp_path / "a.tflite")
    assert result.passed, result.gates
    assert "Keras 3" in told[0]
    assert f"{path}: " in told[0]
    assert told[1].startswith("scaling -1..1 (next best ")
    assert "one sigmoid, it is of real; AUC " in told[1]
    p_fake, images = _check_all(tmp_path / "a.tflite", pictures)
    wanted = 1 - model.predict(images / 127.5 - 1, verbose=0)[:, 0]
    np.testing.assert_allclose(p_fake, wanted, atol=1e-3)  # parity, from the file to the verdict
    assert next(gate for gate in result.gates if gate.name == "parity").passed
    result, _ = _convert(path, pictures, tmp_path / "b.tflite", Quantization.INT8)
    assert result.passed, result.gates
    p_int8, _ = _check_all(tmp_path / "b.tflite", pictures)
    assert np.mean((p_int8 > 0.5) == (wanted > 0.5)) > 0.95
    contract = Detector(tmp_path / "b.tflite").contract
    assert contract.decision.unsure_low <= 0.5 <= contract.decision.unsure_high
    assert contract.measured[0].note.startswith("the user's own pictures")


def test_tf_keras_and_the_saved_model_of_it(
    keras2_model: tuple[Any, Path], pictures: Path, tmp_path: Path
) -> None:
    model, path = keras2_model
    folder = tmp_path / "saved"
    tf.saved_model.save(model, str(folder))
    for number, source in enumerate((path, folder)):
        output = tmp_path / f"{number}.tflite"
        result, told = _convert(source, pictures, output)
        assert result.passed, result.gates
        assert ("Keras 2" if number == 0 else "SavedModel") in told[0]
        assert "scaling 0..1" in told[1]
        assert "two probabilities, the second one is real" in told[1]
        p_fake, images = _check_all(output, pictures)
        np.testing.assert_allclose(p_fake, model.predict(images / 255, verbose=0)[:, 0], atol=1e-3)


@pytest.mark.parametrize("integer", [False, True])
def test_a_foreign_tflite_is_wrapped_with_its_own_numbers(
    keras2_model: tuple[Any, Path], pictures: Path, tmp_path: Path, *, integer: bool
) -> None:
    model, _ = keras2_model
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    _, images = _check_images(pictures)
    if integer:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
        converter.representative_dataset = lambda: ([image[None] / np.float32(255)] for image in images[:40])
    foreign = tmp_path / "foreign.tflite"
    foreign.write_bytes(converter.convert())
    result, told = _convert(foreign, pictures, tmp_path / "w.tflite")
    assert result.passed, result.gates
    assert "scaling 0..1" in told[1]
    p_fake, images = _check_all(tmp_path / "w.tflite", pictures)
    wanted = model.predict(images / 255, verbose=0)[:, 0]
    np.testing.assert_allclose(p_fake, wanted, atol=0.25 if integer else 1e-3)
    assert np.mean((p_fake > 0.5) == (wanted > 0.5)) > 0.95


def _check_images(pictures: Path) -> tuple[None, np.ndarray]:
    return None, np.stack([np.asarray(load_image(path)) for path in sorted(pictures.glob("*/*.png"))])


def _save(model: Any, folder: Path) -> Path:
    path = folder / "bad.keras"
    model.save(path)
    return path


def test_what_cannot_be_used_is_one_line_and_writes_nothing(pictures: Path, tmp_path: Path) -> None:
    import keras

    class Odd(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x

    def make(*layers: Any, size: int | None = 16) -> Any:
        return keras.Sequential([keras.Input((size, size, 3)), *layers])

    def flat(count: int) -> list[Any]:
        return [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(count, activation="softmax")]

    broken = make(*flat(2))
    broken.set_weights([np.full_like(weight, np.nan) for weight in broken.get_weights()])
    constant = make(*flat(2))
    constant.set_weights([np.zeros_like(weight) for weight in constant.get_weights()])
    cases = {
        "three": (make(*flat(3)), r"gives \[batch, 3\], expected one value"),
        "odd": (make(Odd(), *flat(2)), r"holds the layer Odd, which is none of Keras; export it"),
        "nan": (broken, r"2 of 2 weight arrays hold NaN"),
        "lambda": (make(keras.layers.Lambda(lambda x: x), *flat(2)), r"holds a Lambda layer, which is code"),
        "any": (make(*flat(2), size=None), r"takes pictures of any size; .* --size PX"),
        "chance": (constant, r"does not tell these pictures apart with any scaling .* AUC 0.50"),
    }
    for name, (model, message) in cases.items():
        folder = tmp_path / name
        folder.mkdir()
        path = _save(model, folder)
        with pytest.raises(UsageError, match=message):
            _convert(path, pictures, folder / "out.tflite")
        assert [each.name for each in folder.iterdir()] == ["bad.keras"]
    (tmp_path / "x.h5").write_bytes(b"no HDF5")
    (tmp_path / "x.tflite").write_bytes(b"no TFLite at all")
    with zipfile.ZipFile(tmp_path / "x.keras", "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.0"}')
    (tmp_path / "x.keras").write_bytes((tmp_path / "x.keras").read_bytes().replace(b"3.0", b"3.1"))
    shutil.copytree(pictures / "camera", tmp_path / "few")
    damaged = "no whole Keras model"
    for path, message in (("x.h5", damaged), ("x.keras", damaged), ("x.tflite", "not a TFLite file")):
        with pytest.raises(UsageError, match=message):
            _convert(tmp_path / path, pictures, tmp_path / "out.tflite")


def test_a_layer_that_gives_nothing_but_zeros_is_one_line(pictures: Path, tmp_path: Path) -> None:
    """In eight bits such a graph ends the process that loads it."""
    import keras

    layers = [keras.layers.Conv2D(8, 3, activation="relu"), keras.layers.GlobalAveragePooling2D()]
    model = keras.Sequential([keras.Input((16, 16, 3)), *layers, keras.layers.Dense(1, "sigmoid")])
    model.layers[0].set_weights([np.full_like(weight, -1) for weight in model.layers[0].get_weights()])
    path = _save(model, tmp_path)
    with pytest.raises(GateError, match=r"CONV_2D gives steps of .*; train again.*; nothing was written"):
        _convert(path, pictures, tmp_path / "out.tflite", Quantization.INT8, scaling=Scaling.UNIT)
    assert not (tmp_path / "out.tflite").exists()


def test_pictures_that_cannot_be_used(keras3_model: tuple[Any, Path], pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    shutil.copy(next((pictures / "made").iterdir()), tmp_path / "few")
    form = ConvertConfig(run=keras3_model[1], output=tmp_path / "out.tflite")
    for real, fake, message in (
        (pictures / "camera", pictures / "camera", "40 pictures lie in .* and in"),
        (pictures / "camera", tmp_path / "few", "1 fake pictures that can be read, 10 are the least"),
        (pictures / "camera", tmp_path / "none", "--fake-images .*none: no such folder"),
    ):
        with pytest.raises(FakelensError, match=message):
            convert_own(OwnConfig(real=real, fake=fake, form=form), print)


def test_a_scaling_is_what_networks_are_fed_with() -> None:
    image = np.array([[[[0, 128, 255]]]], np.uint8)
    assert scale_images(image, Scaling.SIGNED).ravel() == pytest.approx([-1, 0.00392, 1], abs=1e-4)
    assert scale_images(image, Scaling.UNIT).ravel() == pytest.approx([0, 0.50196, 1], abs=1e-4)
    assert scale_images(image, Scaling.RAW).ravel().tolist() == [0, 128, 255]
    assert scale_images(image, Scaling.IMAGENET).ravel() == pytest.approx([-2.1179, 0.2052, 2.64], abs=1e-3)
    assert scale_images(image, Scaling.CAFFE).ravel() == pytest.approx([151.061, 11.221, -123.68], abs=1e-3)
