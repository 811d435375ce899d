"""A foreign `.tflite` classifier: read, asked, and wrapped to take raw RGB and say real and fake."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fakelens.convert.own.classifier import Classifier, GraphForm, check_shapes
from fakelens.convert.own.config import Scaling
from fakelens.convert.own.scaling import Floats, find_range
from fakelens.convert.own.splice import Side, name_type, quantize, read_sides, splice
from fakelens.edge_runtime.errors import ModelError, UsageError
from fakelens.edge_runtime.escape import quote
from fakelens.edge_runtime.modelfile.container import check_identifier, read_model
from fakelens.edge_runtime.modelfile.graph import read_graph
from fakelens.edge_runtime.modelfile.graph_check import check_graph
from fakelens.edge_runtime.modelfile.interpreter import Interpreter
from fakelens.edge_runtime.modelfile.members import names_contract

_RANGE_SLACK = 0.05
_TYPES = ("float32", "uint8", "int8")


@dataclass(frozen=True, kw_only=True)
class WrappedGraph:
    """A graph of somebody else's, as it is."""

    kind: str
    size: int
    parameters: int
    graph: bytes
    input: Side
    threads: int
    scalings: tuple[Scaling, ...]

    def answer(self, images: Floats) -> Floats:
        """Return the outputs [n, 1 or 2] for scaled images [n, size, size, 3]."""
        return Interpreter(self.graph, self.threads).predict(quantize(images, self.input))

    def build_graph(self, form: GraphForm) -> bytes:
        """Return the graph with operators around it; its own numbers are kept, whatever `form` quantizes."""
        return splice(self.graph, form.reading, form.io)


def load_graph(path: Path, size: int | None, threads: int) -> Classifier:
    """Return the graph in `path`; `UsageError` where it is no classifier of one RGB picture."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot read the model ({error.strerror or error})") from error
    try:
        check_identifier(content, str(path))
        refuse_own(content, path)
        check_graph(content)  # LiteRT trusts what it is given
        inputs, outputs = read_sides(content)
        if any(each.any_size for each in inputs):
            raise UsageError(
                f"{path}: takes pictures of any size; make the .tflite anew, with the size in its input"
            )
        side = check_shapes(path, [each.shape for each in inputs], [each.shape for each in outputs], size)
        _check_types(path, inputs[0], outputs[0])
        summary = read_graph(content)
        Interpreter(content, threads)
    except ModelError as error:
        raise UsageError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from error
    parameters = sum(
        count for kind, count in summary.constants if kind in ("float32", "float16", "int8", "uint8")
    )
    return WrappedGraph(
        kind=f"a .tflite of {name_type(inputs[0])}",
        size=side,
        parameters=parameters,
        graph=content,
        input=inputs[0],
        threads=threads,
        scalings=find_scalings(inputs[0]),
    )


def refuse_own(content: bytes, path: Path) -> None:
    """Refuse a file of fakelens: damaged ones as `check` refuses them, intact ones since they are wrapped."""
    if not names_contract(content):
        return
    read_model(path)
    raise UsageError(
        f"{path}: is a model file of fakelens already, which takes raw RGB; to set its decision anew: "
        f"fakelens convert {quote(path)} --fuse DATA -o NEW.tflite"
    )


def find_scalings(source: Side) -> tuple[Scaling, ...]:
    """Return the scalings whose range is that of a quantized input; all where there is none such."""
    if not source.scale:
        return tuple(Scaling)
    lowest = 0 if name_type(source) == "uint8" else -128
    ends = [(stored - source.zero_point) * source.scale for stored in (lowest, lowest + 255)]
    slack = _RANGE_SLACK * (ends[1] - ends[0])
    fitting = [s for s in Scaling if np.allclose(find_range(s), ends, rtol=0, atol=slack)]
    return tuple(fitting) or tuple(Scaling)


def _check_types(path: Path, source: Side, target: Side) -> None:
    for side, what in ((source, "takes"), (target, "gives")):
        kind = name_type(side)
        if kind not in _TYPES or (kind != "float32" and not side.scale):
            raise UsageError(
                f"{path}: {what} {kind} without a known scale; float32, uint8 or int8 can be wrapped"
            )
