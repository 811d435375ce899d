import gzip
from pathlib import Path

import numpy as np

from fakelens.benchmarks.bench.footprint import measure_footprint
from fakelens.edge_runtime.modelfile.container import pack_model
from fakelens.edge_runtime.modelfile.contract import Contract, InputSpec
from tests.conftest import SIZE, make_graph


def test_sizes_are_those_of_the_file(model_file: Path) -> None:
    footprint = measure_footprint(model_file)
    assert footprint.size_bytes == model_file.stat().st_size
    assert footprint.gzip_bytes == len(gzip.compress(model_file.read_bytes(), 9))
    assert footprint.sparsity == 0.5  # the weights of the class real


def test_zeros_are_counted_in_kernels_alone(tmp_path: Path) -> None:
    weights = np.ones((2, SIZE * SIZE * 3), np.float32)
    weights.reshape(-1)[: SIZE * SIZE * 3 // 2] = 0  # a quarter; the biases are zeros too, and no kernel
    path = tmp_path / "sparse.tflite"
    path.write_bytes(
        pack_model(make_graph(weights, [0, 0]), Contract(name="sparse", input=InputSpec(size=SIZE)))
    )
    assert measure_footprint(path).sparsity == 0.25
