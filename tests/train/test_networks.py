import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras

from fakelens.edge_runtime.errors import ConfigError
from fakelens.train import networks
from fakelens.train.config import NETWORK_KEYS, NetworkConfig
from fakelens.train.fit.fold import fold_input_scale
from fakelens.train.networks import build_network, list_networks
from fakelens.train.networks.traces import build_filters
from fakelens.train.run.rundir import write_model

SIZE = 32


@pytest.fixture
def mixed_bfloat16() -> Iterator[None]:
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    yield
    keras.mixed_precision.set_global_policy("float32")


def test_there_is_one_file_a_network() -> None:
    assert set(list_networks()) >= {"classic", "compact", "mobilenetv2", "residual", "traces"}


@pytest.mark.parametrize("name", list_networks())
def test_the_keys_of_a_network_are_those_that_its_file_reads(name: str) -> None:
    assert _find_keys(name) == NETWORK_KEYS[name]


def _find_keys(name: str, function: str | None = None) -> set[str]:
    """Return the keys that a network's file reads, or one of its functions, or what it imports of others."""
    tree: ast.AST = ast.parse(
        (Path(inspect.getfile(networks)).parent / f"{name}.py").read_text(encoding="utf-8")
    )
    if function is not None:
        tree = next(
            node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function
        )
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    keys = {node.attr for node in attributes if ast.unparse(node.value) == "config"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fakelens.train.networks."):
            other = str(node.module).rpartition(".")[2]
            keys |= {key for alias in node.names for key in _find_keys(other, alias.name)}
    return keys


@pytest.mark.parametrize("name", list_networks())
def test_a_network_is_one_flat_graph_that_folds_and_reloads(name: str, tmp_path: Path) -> None:
    model = build_network(NetworkConfig(name=name, dropout=0.1), SIZE)
    assert model.output_shape == (None, 2)
    assert not [layer for layer in model.layers if isinstance(layer, keras.Model)]
    images = np.random.default_rng(0).integers(0, 256, (4, SIZE, SIZE, 3)).astype(np.float32)
    before = model(images / 255).numpy()
    np.testing.assert_allclose(before.sum(axis=1), 1, atol=1e-5)
    fold_input_scale(model)
    np.testing.assert_allclose(model(images).numpy(), before, atol=1e-4)
    write_model(tmp_path / "model.h5", model)
    back = keras.models.load_model(tmp_path / "model.h5", compile=False)
    np.testing.assert_allclose(back(images).numpy(), before, atol=1e-4)


def test_compact_has_the_parameters_it_promises() -> None:
    model = build_network(NetworkConfig(name="compact", width=16), SIZE)
    assert 72_000 < model.count_params() < 74_000


def test_an_unknown_network_names_those_there() -> None:
    with pytest.raises(ConfigError, match="classic, compact, lite0, mobilenetv2, residual, traces"):
        build_network(NetworkConfig(name="resnet"), SIZE)


def test_a_missing_weights_file_is_one_line() -> None:
    with pytest.raises(ConfigError, match="no such file"):
        build_network(NetworkConfig(name="mobilenetv2", weights="gone.h5"), SIZE)


def test_weights_from_a_file_take_images_in_zero_to_one(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    theirs = keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(96, 96, 3), alpha=0.35, pooling="avg"
    )
    theirs.save_weights(tmp_path / "base.h5")
    config = NetworkConfig(name="mobilenetv2", alpha=0.35, weights=str(tmp_path / "base.h5"))
    model = build_network(config, 96)
    ours = keras.Model(model.input, model.get_layer("mean").output)
    images = np.random.default_rng(0).random((2, 96, 96, 3)).astype(np.float32)
    expected = theirs(images * 2 - 1).numpy()
    # All but the zero padding at the border is exact, so the features agree closely, not fully.
    correlation = np.corrcoef(ours(images).numpy().ravel(), expected.ravel())[0, 1]
    assert correlation > 0.95


def test_imagenet_weights_offline_end_in_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nobody listens there: offline
    with pytest.raises(ConfigError, match="offline") as caught:
        build_network(NetworkConfig(name="mobilenetv2", weights="imagenet"), 96)
    assert "--weights none" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_traces_sees_differences_of_a_few_grey_levels_and_nothing_of_a_flat_colour() -> None:
    model = build_network(NetworkConfig(name="traces", stages=(4, 8)), SIZE)
    clamped = keras.Model(model.input, model.get_layer("clamp").output)
    flat = np.ones((1, SIZE, SIZE, 3), np.float32) * np.array([0.2, 0.5, 0.9], np.float32)
    np.testing.assert_allclose(clamped(flat).numpy(), 3.0, atol=1e-3)
    edge = np.zeros((1, SIZE, SIZE, 3), np.float32)
    edge[:, :, SIZE // 2 :] = 4 / 255
    seen = clamped(edge).numpy()
    assert seen.max() == pytest.approx(3.75, abs=1e-3)  # a quarter of the way from middle to clamp
    assert clamped(edge * 20).numpy().max() == 6.0
    assert not model.get_layer("highpass").trainable


@pytest.mark.usefixtures("mixed_bfloat16")
def test_traces_sees_single_grey_levels_in_bfloat16_too() -> None:
    model = build_network(NetworkConfig(name="traces", stages=(4, 8)), SIZE)
    clamped = keras.Model(model.input, model.get_layer("clamp").output)
    bright = np.full((1, SIZE, SIZE, 3), 240 / 255, np.float32)
    np.testing.assert_allclose(clamped(bright).numpy(), 3.0, atol=1e-3)
    bright[:, :, SIZE // 2 :] = 239 / 255  # the same number in bfloat16
    assert clamped(bright).numpy().min() == pytest.approx(3 - 3 / 16, abs=1e-3)


def test_the_filters_of_traces_survive_int8_exactly() -> None:
    kernel, _ = build_filters()
    flat = kernel.reshape(-1, kernel.shape[-1])
    steps = flat / (np.abs(flat).max(axis=0) / 127)
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-3)
    np.testing.assert_array_equal(np.rint(steps).sum(axis=0), 0)
