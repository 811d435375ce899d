"""A graph of several views with a root of its first: the same bytes for every reader of either."""

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from fakelens.convert.merge import NamedGraph, merge_graphs
from fakelens.convert.roots import add_first_root
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.graph import read_graph, read_graphs
from fakelens.edge_runtime.modelfile.interpreter import Interpreter
from fakelens.edge_runtime.modelfile.library import find_model

FILES = ("cifake-100k", "cifake-300k")
SIGNATURES = ("serving_default", "whole")


@pytest.fixture(scope="module")
def merged() -> bytes:
    graphs = [read_model(find_model(name)).graph for name in FILES]
    return merge_graphs([NamedGraph(signature=s, graph=g) for s, g in zip(SIGNATURES, graphs, strict=True)])


@pytest.fixture(scope="module")
def rooted(merged: bytes) -> tuple[bytes, int]:
    return add_first_root(merged)


def test_a_plain_reader_sees_a_model_of_the_first_view(rooted: tuple[bytes, int]) -> None:
    graph, _ = rooted
    model = schema.ModelT.InitFromPackedBuf(graph)
    assert (len(model.subgraphs), len(model.signatureDefs)) == (1, 1)
    alone = read_model(find_model(FILES[0])).graph
    assert read_graph(graph).ops == read_graph(alone).ops
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), np.uint8)
    np.testing.assert_array_equal(Interpreter(graph).predict(images), Interpreter(alone).predict(images))


def test_by_the_other_root_every_view_is_there(rooted: tuple[bytes, int], merged: bytes) -> None:
    graph, root = rooted
    everything = root.to_bytes(4, "little") + graph[4:]
    assert read_graphs(everything, 2) == read_graphs(merged, 2)
    both, plain = (Interpreter(each, signatures=SIGNATURES) for each in (everything, merged))
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), np.uint8)
    for view in (0, 1, 0):
        np.testing.assert_array_equal(both.predict(images, view), plain.predict(images, view))


def test_the_roots_share_all_data(rooted: tuple[bytes, int], merged: bytes) -> None:
    assert len(rooted[0]) < len(merged) + 500


def test_weights_stay_aligned(rooted: tuple[bytes, int]) -> None:
    graph, root = rooted
    for content in (graph, root.to_bytes(4, "little") + graph[4:]):
        model = schema.Model.GetRootAs(content)
        buffers = [model.Buffers(index) for index in range(model.BuffersLength())]
        starts = [each._tab.Vector(each._tab.Offset(4)) for each in buffers if each.DataLength()]
        assert len(starts) > 10
        assert all(start % 16 == 0 for start in starts)
