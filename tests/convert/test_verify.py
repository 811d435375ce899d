"""Each gate fails on what it is there for."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tf_keras as keras

from fakelens.convert.network import load_network
from fakelens.convert.recipes import Io, Quantization
from fakelens.convert.run import read_run
from fakelens.convert.tflite import convert_network
from fakelens.convert.tflite_metadata.write import attach_metadata
from fakelens.convert.verify import (
    ConversionStage,
    check_delegation,
    check_drop,
    check_file,
    check_graph,
    compare_stages,
)
from fakelens.edge_runtime.modelfile.container import pack_model
from fakelens.edge_runtime.modelfile.contract import Contract, Decision
from fakelens.edge_runtime.modelfile.graph import read_graph
from fakelens.edge_runtime.modelfile.interpreter import Delegation

Array = npt.NDArray[Any]

LABELS = np.array([0, 0, 1, 1], np.uint8)


def stage(name: str, *p_fake: float) -> ConversionStage:
    return ConversionStage(name=name, p_fake=np.array(p_fake, np.float32))


@pytest.fixture(scope="module")
def networks(finished_run: Path) -> tuple[Contract, keras.Model]:
    run = read_run(finished_run)
    return run.contract, load_network(run.model, run)


@pytest.fixture(scope="module")
def float_graph(networks: tuple[Contract, keras.Model]) -> bytes:
    return convert_network(networks[1], Quantization.FLOAT32, Io.UINT8)


def make_int8(network: keras.Model, io: Io, calibration: Array) -> bytes:
    return convert_network(network, Quantization.INT8, io, calibration)


def noise(low: int = 0, high: int = 256) -> Array:
    return np.random.default_rng(0).integers(low, high, (8, 16, 16, 3)).astype(np.uint8)


def test_a_float_graph_is_no_int8(float_graph: bytes) -> None:
    result = check_graph(read_graph(float_graph), Quantization.INT8, Io.UINT8)
    assert not result.passed
    assert "CONV_2D" in result.figure
    assert check_graph(read_graph(float_graph), Quantization.FLOAT32, Io.UINT8).passed


@pytest.mark.parametrize("asked", [Quantization.FLOAT16, Quantization.DYNAMIC])
def test_full_floats_are_no_smaller_format(float_graph: bytes, asked: Quantization) -> None:
    assert not check_graph(read_graph(float_graph), asked, Io.UINT8).passed


def test_the_other_input_type_is_told(float_graph: bytes) -> None:
    result = check_graph(read_graph(float_graph), Quantization.FLOAT32, Io.FLOAT)
    assert not result.passed
    assert "takes uint8" in result.figure


def test_quantize_at_the_border_is_allowed_for_float_io_alone(networks: tuple[Contract, keras.Model]) -> None:
    summary = read_graph(make_int8(networks[1], Io.FLOAT, noise()))
    assert dict(summary.ops)["QUANTIZE"] == dict(summary.ops)["DEQUANTIZE"] == 1
    assert check_graph(summary, Quantization.INT8, Io.FLOAT).passed
    assert not check_graph(summary, Quantization.INT8, Io.UINT8).passed


def test_an_input_range_that_nobody_pinned_fails(networks: tuple[Contract, keras.Model]) -> None:
    summary = read_graph(make_int8(networks[1], Io.UINT8, noise(60, 120)))
    result = check_graph(summary, Quantization.INT8, Io.UINT8)
    assert not result.passed
    assert "not 1 and 0" in result.figure


def test_a_drop_counts_in_points_of_accuracy() -> None:
    stages = stage("keras", 0.1, 0.2, 0.8, 0.9), stage("file", 0.1, 0.6, 0.8, 0.9)
    assert not check_drop(stages, LABELS, Decision(), 24.9).passed
    result = check_drop(stages, LABELS, Decision(), 25.0)
    assert result.passed
    assert "n = 4" in result.figure
    assert check_drop(stages[::-1], LABELS, Decision(), 0.0).passed  # better than Keras


def test_stages_are_compared_by_verdict_and_score() -> None:
    stages = (
        stage("keras", 0.1, 0.2, 0.8, 0.9),
        stage("a", 0.1, 0.45, 0.8, 0.9),
        stage("b", 0.1, 0.45, 0.8, 0.9),
    )
    first, second = compare_stages(stages, LABELS, Decision(threshold=0.5, unsure_low=0.4, unsure_high=0.6))
    assert (first.name, second.name) == ("keras -> a", "a -> b")
    assert "75.00% of verdicts" in first.figure
    assert "0.2500" in first.figure
    assert "100.00%" in second.figure


def test_leftover_ops_are_named_and_no_partition_fails() -> None:
    partly = check_delegation(Delegation(partitions=2, leftover_ops=("HARD_SWISH",)))
    assert partly.passed
    assert "HARD_SWISH" in partly.figure
    assert not check_delegation(Delegation(partitions=0, leftover_ops=("CONV_2D",))).passed
    unknown = check_delegation(None)
    assert unknown.passed
    assert unknown.figure == "not reported by this LiteRT"


def test_a_packed_file_says_what_was_put_in(
    float_graph: bytes, networks: tuple[Contract, keras.Model]
) -> None:
    contract, _ = networks
    packed = pack_model(attach_metadata(float_graph, contract, Io.UINT8), contract)
    assert check_file(packed, contract).passed
    assert not check_file(packed, replace(contract, name="other")).passed
    assert not check_file(packed, replace(contract, decision=Decision(threshold=0.9))).passed
    assert not check_file(packed[:-30], contract).passed
    assert not check_file(pack_model(float_graph, contract), contract).passed  # no metadata
    swapped = packed.replace(b"real\nfake\n", b"fake\nreal\n")
    assert not check_file(swapped, contract).passed
