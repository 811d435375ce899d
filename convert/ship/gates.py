"""The app gates: what a file must show before it goes into an app, and what to do where it does not."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from fakelens.convert.tflite_metadata.read import Metadata, read_metadata
from fakelens.convert.verify import GateResult
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.contract import Contract, FitSpec, ViewSpec
from fakelens.edge_runtime.modelfile.graph import GraphSummary, TensorInfo, read_graphs
from fakelens.edge_runtime.modelfile.members import LABELS_NAME

MOST_BYTES = 25 * 1024 * 1024  # what common static hosts take of one file; phones download it once
_TYPES = ("uint8", "float32")  # of MediaPipe Tasks' image classifier, on either side of the graph
_AGAIN = "convert the run again with `fakelens convert`"


def check_app_gates(path: Path) -> tuple[GateResult, ...]:
    """Return the outcome of each app gate on the model file `path`; `ModelError` for no intact one."""
    model = read_model(path)
    contract, views = model.contract, model.contract.input.views
    try:
        graph, *others = read_graphs(model.views_graph, len(views) or 1)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    figure = f"schema {contract.schema}, the digest of the graph matches"
    return (
        GateResult(name="contract", passed=True, figure=figure),
        check_types(graph),
        check_batch(graph, contract.input),
        *_check_others(others, views[1:]),
        *_check_description(path.read_bytes(), graph, contract),
        check_size(model.size_bytes),
        check_runtime(path),
    )


def check_types(graph: GraphSummary) -> GateResult:
    """MediaPipe Tasks takes the types at the border of the graph."""
    found = graph.input.type, graph.output.type
    figure = f"{found[0]} in, {found[1]} out"
    passed = set(found) <= set(_TYPES)
    if not passed:
        figure += f", MediaPipe Tasks takes {' or '.join(_TYPES)}: {_AGAIN} --io uint8 (or float)"
    return GateResult(name="types", passed=passed, figure=figure)


def check_batch(graph: GraphSummary, spec: FitSpec) -> GateResult:
    """The graph takes one image of the contract's size at a time, its shape fixed."""
    size, source = spec.size, graph.input
    figure = f"takes {list(source.shape)}"
    passed = source.fixed_shape and source.shape == (1, size, size, 3)
    if not passed:
        resized = "" if source.fixed_shape else ", resizable"
        figure += f"{resized}, but apps need [1, {size}, {size}, 3], fixed: {_AGAIN}"
    return GateResult(name="batch of 1", passed=passed, figure=figure)


def check_labels(metadata: Metadata, output: TensorInfo) -> GateResult:
    """The file names as many labels as the graph gives values; MediaPipe finds out at the first image."""
    labels, values = metadata.labels, output.shape[-1] if output.shape else 0
    figure = f"{len(labels)} labels for {values} values: {', '.join(labels)}"
    passed = len(labels) == values
    return GateResult(name="labels", passed=passed, figure=figure if passed else f"{figure}; {_AGAIN}")


def check_metadata(metadata: Metadata, input_type: str, contract: Contract) -> GateResult:
    """The standard metadata says what the contract says, and all that MediaPipe Tasks asks for."""
    faults = _find_faults(metadata, input_type, contract)
    figure = f"{'; '.join(faults)}: {_AGAIN}" if faults else f"{metadata.name}, RGB, {metadata.labels_file}"
    return GateResult(name="metadata", passed=not faults, figure=figure)


def check_size(size_bytes: int) -> GateResult:
    """The file is small enough to be downloaded by a page."""
    passed = size_bytes <= MOST_BYTES
    figure = f"{size_bytes:,} bytes of {MOST_BYTES:,} allowed"
    if not passed:
        figure += ": convert with --int8, or train a smaller --network"
    return GateResult(name="size", passed=passed, figure=figure)


def check_runtime(path: Path) -> GateResult:
    """Our own runtime, whose answers become the test vectors, loads the file."""
    try:
        Detector(path)
    except ModelError as error:
        return GateResult(name="LiteRT", passed=False, figure=str(error))
    return GateResult(name="LiteRT", passed=True, figure="loads")


def _check_others(graphs: Sequence[GraphSummary], views: Sequence[ViewSpec]) -> Iterator[GateResult]:
    """Yield the gates of each view but the first."""
    for graph, view in zip(graphs, views, strict=True):
        for gate in (check_types(graph), check_batch(graph, view)):
            yield replace(gate, name=f"{gate.name}, view {view.name}")


def _check_description(content: bytes, graph: GraphSummary, contract: Contract) -> tuple[GateResult, ...]:
    try:
        metadata = read_metadata(content)
    except ModelError as error:
        return (GateResult(name="metadata", passed=False, figure=str(error)),)
    return (
        check_metadata(metadata, graph.input.type, contract),
        check_labels(metadata, graph.output),
    )


def _find_faults(found: Metadata, input_type: str, contract: Contract) -> list[str]:
    faults = []
    if found.name != contract.name:
        faults.append(f"the metadata names it {found.name!r}, the contract {contract.name!r}")
    if not found.input_is_rgb:
        faults.append("the color space is not RGB")
    if (found.input_low, found.input_high) != (0.0, 255.0):
        faults.append(f"the input goes from {found.input_low:g} to {found.input_high:g}, not 0 to 255")
    if input_type == "float32" and found.mean is None:
        faults.append("a float32 input without normalization, which MediaPipe refuses")
    if found.mean is not None and (found.mean, found.std) != (0.0, 1.0):
        faults.append(
            f"normalized by mean {found.mean:g} and std {found.std:g}, but the graph takes raw bytes"
        )
    if found.labels_file != LABELS_NAME or found.labels != contract.labels:
        faults.append(f"labels {found.labels} in {found.labels_file}, the contract has {contract.labels}")
    return faults
