"""Two views in one graph: each gives the bytes that its own file gives, and comes out again as it went in."""

import subprocess
import sys

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from fakelens.convert.merge import NamedGraph, extract_view, merge_graphs
from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.graph import read_graphs
from fakelens.edge_runtime.modelfile.interpreter import Interpreter
from fakelens.edge_runtime.modelfile.library import find_model

FILES = ("photo", "cifake-300k", "cifake-100k")
_MEMORY = """
import sys
from fakelens.edge_runtime.modelfile.interpreter import Interpreter
import numpy as np
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS"))
graph, signatures = open(sys.argv[1], "rb").read(), sys.argv[2:]
before = peak()
interpreter = Interpreter(graph, signatures=signatures)
for view in range(max(1, len(signatures))):
    size = interpreter.shapes(view)[0][1]
    interpreter.predict(np.zeros((1, size, size, 3), np.uint8), view)
print(peak() - before)
"""


@pytest.fixture(scope="module")
def parts() -> list[NamedGraph]:
    signatures = "serving_default", "whole", "third"
    graphs = [read_model(find_model(name)).graph for name in FILES]
    return [NamedGraph(signature=s, graph=g) for s, g in zip(signatures, graphs, strict=True)]


@pytest.fixture(scope="module")
def merged(parts: list[NamedGraph]) -> bytes:
    return merge_graphs(parts)


def test_what_views_have_in_common_stands_once(parts: list[NamedGraph]) -> None:
    twice = [parts[2], NamedGraph(signature="whole", graph=parts[2].graph)]
    assert len(merge_graphs(twice)) < 1.1 * len(merge_graphs(twice[:1]))


def make_tensors(interpreter: Interpreter, view: int) -> np.ndarray:
    size = interpreter.shapes(view)[0][1]
    return np.random.default_rng(view).integers(0, 256, (4, size, size, 3), np.uint8)


def test_each_view_answers_as_its_file_in_any_order(merged: bytes, parts: list[NamedGraph]) -> None:
    interpreter = Interpreter(merged, signatures=[part.signature for part in parts])
    alone = [Interpreter(part.graph) for part in parts]
    for view in (0, 1, 2, 0, 2, 1, 1, 0):
        images = make_tensors(interpreter, view)
        mine, its = interpreter.predict(images, view), alone[view].predict(images)
        assert mine.tobytes() == its.tobytes()
        assert len(np.unique(mine)) > 2  # or the same answer to anything would do


def test_a_reader_that_knows_one_graph_reads_the_first_view(merged: bytes, parts: list[NamedGraph]) -> None:
    interpreter, alone = Interpreter(merged), Interpreter(parts[0].graph)
    images = make_tensors(interpreter, 0)
    np.testing.assert_array_equal(interpreter.predict(images), alone.predict(images))


def test_the_accelerating_delegate_takes_every_view(merged: bytes, parts: list[NamedGraph]) -> None:
    for view, part in enumerate(parts):
        mine, its = Interpreter(extract_view(merged, view)), Interpreter(part.graph)
        assert mine.delegation() == its.delegation()
        images = make_tensors(mine, 0)
        np.testing.assert_array_equal(mine.predict(images), its.predict(images))
    first = Interpreter(merged).delegation()
    assert first is not None
    assert first.partitions == 1


def test_nothing_is_stored_twice(merged: bytes, parts: list[NamedGraph]) -> None:
    assert len(merged) < sum(len(part.graph) for part in parts)
    model = schema.ModelT.InitFromPackedBuf(merged)
    codes = [(code.builtinCode, code.version) for code in model.operatorCodes]
    assert len(codes) == len(set(codes))
    assert [summary.input.shape[1] for summary in read_graphs(merged, 3)] == [320, 32, 32]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_is_that_of_the_files_together(
    merged: bytes, parts: list[NamedGraph], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("graphs")

    def measure(graph: bytes, *signatures: str) -> int:
        (folder / "graph").write_bytes(graph)
        command = [sys.executable, "-c", _MEMORY, folder / "graph", *signatures]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    alone = [measure(part.graph) for part in parts]
    together = measure(merged, *(part.signature for part in parts))
    assert together < 1.25 * sum(alone)  # KB; each file alone also pays for LiteRT's own start


def test_a_view_that_is_not_there_is_refused_by_name(merged: bytes) -> None:
    with pytest.raises(ModelError, match=r"no signature 'other' \(there are: .*whole, third\)"):
        Interpreter(merged, signatures=["serving_default", "other"])
    with pytest.raises(ModelError, match="3 subgraphs, none of number 3"):
        extract_view(merged, 3)
    with pytest.raises(ModelError, match="3 subgraphs, expected 2"):
        read_graphs(merged, 2)


def test_what_is_no_graph_is_refused() -> None:
    with pytest.raises(ModelError, match="damaged"):
        merge_graphs([NamedGraph(signature="a", graph=b"\xff" * 40)])


def test_the_runtime_that_the_newest_view_needs_is_asked_for(merged: bytes, parts: list[NamedGraph]) -> None:
    def read_version(graph: bytes) -> tuple[int, ...]:
        model = schema.ModelT.InitFromPackedBuf(graph)
        (buffer,) = (each.buffer for each in model.metadata if each.name == b"min_runtime_version")
        return tuple(int(part) for part in bytes(model.buffers[buffer].data).split(b"\0")[0].split(b"."))

    assert read_version(merged) == max(read_version(part.graph) for part in parts)


def test_one_view_may_run_a_batch(merged: bytes) -> None:
    """LiteRT's own interpreter, as another program uses it: subgraph 0 is resized, the other view stays."""
    from ai_edge_litert.interpreter import Interpreter as Plain

    plain = Plain(model_content=merged)
    size = 320
    images = np.random.default_rng(0).integers(0, 256, (5, size, size, 3), np.uint8)
    plain.resize_tensor_input(plain.get_input_details()[0]["index"], images.shape)
    plain.allocate_tensors()
    plain.set_tensor(plain.get_input_details()[0]["index"], images)
    plain.invoke()
    details = plain.get_output_details()[0]
    scale, zero = details["quantization"]
    found = (plain.get_tensor(details["index"]).astype(np.float32) - zero) * scale
    np.testing.assert_array_equal(found, Interpreter(merged).predict(images))


def test_views_of_one_network_share_its_weights(parts: list[NamedGraph]) -> None:
    twice = merge_graphs([parts[1], NamedGraph(signature="again", graph=parts[1].graph)])
    assert len(twice) < 1.2 * len(parts[1].graph)
    interpreter = Interpreter(twice, signatures=[parts[1].signature, "again"])
    images = make_tensors(interpreter, 0)
    assert interpreter.predict(images, 0).tobytes() == interpreter.predict(images, 1).tobytes()
