"""The interpreter gives probabilities whatever the types at the graph's border."""

from collections.abc import Callable

import numpy as np
import pytest

from fakelens.edge_runtime.errors import ModelError, UsageError
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.interpreter import Interpreter
from fakelens.edge_runtime.modelfile.library import find_model

LEVELS = np.array([0, 90, 128, 140, 255])
IMAGES = np.repeat(LEVELS.astype(np.uint8), 8 * 8 * 3).reshape(-1, 8, 8, 3)
P_FAKE = 1 / (1 + np.exp(-(LEVELS - 128) / 16))


def test_probabilities_are_those_of_the_formula(brightness_graph: bytes) -> None:
    scores = Interpreter(brightness_graph).predict(IMAGES)
    assert scores.dtype == np.float32
    assert scores.shape == (5, 2)
    assert np.allclose(scores[:, 1], P_FAKE, atol=1e-5)
    assert np.allclose(scores.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("input_type", ["UINT8", "FLOAT32"])
@pytest.mark.parametrize("output_type", ["UINT8", "FLOAT32"])
def test_raw_bytes_go_in_whatever_the_types(
    build_brightness_graph: Callable[..., bytes], input_type: str, output_type: str
) -> None:
    interpreter = Interpreter(build_brightness_graph(input_type=input_type, output_type=output_type))
    assert interpreter.input_type == input_type.lower()
    assert interpreter.output_type == output_type.lower()
    assert interpreter.input_shape == (1, 8, 8, 3)
    assert interpreter.output_shape == (1, 2)
    # A quantized output is dequantized by its own scale: steps of 1/256, 1.0 just out of reach.
    step = 1 / 256 if output_type == "UINT8" else 1e-5
    assert np.abs(interpreter.predict(IMAGES)[:, 1] - P_FAKE).max() <= step


def test_threads_change_no_answer(brightness_graph: bytes) -> None:
    one, two = (Interpreter(brightness_graph, threads).predict(IMAGES) for threads in (1, 2))
    assert (one == two).all()
    with pytest.raises(UsageError, match="threads is 0"):
        Interpreter(brightness_graph, 0)


def test_no_images_give_no_scores(brightness_graph: bytes) -> None:
    assert Interpreter(brightness_graph).predict(IMAGES[:0]).shape == (0, 2)


def test_the_delegate_takes_the_dense_layer_and_names_what_it_left(brightness_graph: bytes) -> None:
    delegation = Interpreter(brightness_graph).delegation()
    assert delegation is not None
    assert delegation.partitions == 1
    assert set(delegation.leftover_ops) <= {"CAST"}


def test_what_litert_cannot_load_is_one_line(brightness_graph: bytes) -> None:
    for content in (b"text", b"\0\0\0\0TFL3" + b"\0" * 100, b"\xff\xff\xff\xffTFL3" + b"\xff" * 100):
        with pytest.raises(ModelError) as caught:
            Interpreter(content)
        assert "\n" not in str(caught.value)
    for length in (16, 100, len(brightness_graph) // 2):
        with pytest.raises(ModelError):
            Interpreter(brightness_graph[:length])


def test_scores_that_are_no_numbers_are_an_error_and_no_verdict(build_graph: Callable[..., bytes]) -> None:
    graph = build_graph(np.full((2, 8 * 8 * 3), np.nan, np.float32), [0, 0])
    with pytest.raises(ModelError, match="not numbers"):
        Interpreter(graph).predict(IMAGES)


@pytest.mark.parametrize("count", [8, 16, 19])
@pytest.mark.parametrize("name", ["cifake-quick", "cifake-100k", "cifake-300k"])
def test_small_images_together_get_the_bytes_that_each_gets_alone(name: str, count: int) -> None:
    interpreter = Interpreter(read_model(find_model(name)).graph)
    assert interpreter.takes_several
    images = np.random.default_rng(count).integers(0, 256, (count, 32, 32, 3), np.uint8)
    images //= np.arange(1, count + 1, dtype=np.uint8)[:, None, None, None]  # no two alike to the model
    alone = np.concatenate([interpreter.predict(image[None]) for image in images])
    assert interpreter.predict(images).tobytes() == alone.tobytes()
    assert len(np.unique(alone[:, 1])) > 2
    assert interpreter._batch is not None  # or each went alone here, too


def test_floats_are_scored_one_by_one(build_brightness_graph: Callable[..., bytes]) -> None:
    images = np.repeat(IMAGES, 2, axis=0)
    interpreter = Interpreter(build_brightness_graph(input_type="UINT8", output_type="FLOAT32"))
    assert not interpreter.takes_several
    assert (interpreter.predict(images) == np.repeat(interpreter.predict(IMAGES), 2, axis=0)).all()


def test_a_graph_that_counts_in_floats_inside_is_run_image_by_image(
    build_brightness_graph: Callable[..., bytes],
) -> None:
    interpreter = Interpreter(build_brightness_graph(input_type="UINT8", output_type="UINT8"))
    images = np.repeat(IMAGES, 2, axis=0)
    assert (interpreter.predict(images) == np.repeat(interpreter.predict(IMAGES), 2, axis=0)).all()
    assert interpreter._batch is None
