"""The only LiteRT import: a graph in, class probabilities out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter as LiteRTInterpreter
from ai_edge_litert.interpreter import OpResolverType

from fakelens.edge_runtime.errors import ModelError, UsageError
from fakelens.edge_runtime.machine.quiet import muted_stderr
from fakelens.edge_runtime.modelfile.container import check_identifier

ImageU8 = npt.NDArray[np.uint8]
Scores = npt.NDArray[np.float32]

_DELEGATE_OP = "DELEGATE"
TOGETHER = 8  # small images in one call
_SMALL_PX = 64  # a batch of larger ones takes as long (measured with 2 to 24 tiles), and more memory
# Operators that look at each image by itself; none turns whole numbers into floats, whose sums a batch may
# take in another order.
_BY_IMAGE = frozenset(
    {_DELEGATE_OP, "QUANTIZE", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "MUL", "MEAN"}
    | {"MAX_POOL_2D", "AVERAGE_POOL_2D", "RESIZE_BILINEAR", "STRIDED_SLICE", "CONCATENATION", "SPLIT"}
    | {"SOFTMAX"}
)


@dataclass(frozen=True, kw_only=True)
class Delegation:
    """What the accelerating delegate (XNNPACK) took of a graph."""

    partitions: int
    leftover_ops: tuple[str, ...]  # run by the reference kernels instead


@dataclass(frozen=True, kw_only=True)
class _Border:
    """Where one view goes in and comes out."""

    signature: str | None  # None for subgraph 0, which needs none
    input_name: str
    input: dict[str, Any]
    output: dict[str, Any]
    scores: Scores | None  # of each value that the output can have; None where it holds scores itself


class Interpreter:
    """A loaded graph, of one view or of several. Not thread-safe: one per worker."""

    def __init__(self, graph: bytes, threads: int = 1, signatures: Sequence[str] = ()) -> None:
        """Load `graph`; `signatures` name its views in order, without them it has the one of subgraph 0.

        Memory for a view is taken at its first call.
        """
        if threads < 1:
            raise UsageError(f"threads is {threads}, expected 1 or more")
        check_identifier(graph, "the graph")
        self._graph, self._threads = graph, threads
        self._batch: LiteRTInterpreter | None = None
        self._tried_batch = False
        try:
            with muted_stderr():  # LiteRT announces its delegate there
                self._interpreter = LiteRTInterpreter(model_content=graph, num_threads=threads)
                self._interpreter.allocate_tensors()
            self._views = self._find_views(signatures)
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"LiteRT cannot load the graph: {str(error).splitlines()[0]}") from error

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the input tensor, [1, height, width, 3]; of the first view."""
        return self.shapes(0)[0]

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the output tensor, [1, classes]; of the first view."""
        return self.shapes(0)[1]

    def shapes(self, view: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the shapes of the input and of the output tensor of a view."""
        border = self._views[view]
        source, target = (tuple(int(side) for side in t["shape"]) for t in (border.input, border.output))
        return source, target

    @property
    def input_type(self) -> str:
        """Type of the first view's input tensor: uint8 or float32, both for raw bytes of 0 to 255."""
        return str(np.dtype(self._views[0].input["dtype"]).name)

    @property
    def output_type(self) -> str:
        """Type of the first view's output tensor: uint8 or float32."""
        return str(np.dtype(self._views[0].output["dtype"]).name)

    def predict(self, images_u8: ImageU8, view: int = 0) -> Scores:
        """Return the class probabilities [n, classes] of `images_u8` [n, height, width, 3], raw RGB."""
        border = self._views[view]
        try:
            if len(images_u8) == 1:  # a small picture: each step of numpy is a part of its time
                values = self._run(border, images_u8.astype(border.input["dtype"], copy=False))
            elif len(images_u8) >= TOGETHER and self.takes_several:
                values = self._run_together(border, images_u8)
            else:
                values = self._run_each(border, images_u8)
        except (ValueError, RuntimeError) as error:
            reason = (str(error).splitlines() or ["no reason given"])[0]
            raise ModelError(f"LiteRT cannot run the graph: {reason}; convert the model again") from error
        if border.scores is not None:
            known: Scores = border.scores[values]
            return known
        scores = _dequantize(values, border.output["quantization"])
        if not np.isfinite(scores).all():
            raise ModelError("the model's scores are not numbers, so it says nothing; convert it again")
        return scores

    @property
    def takes_several(self) -> bool:
        """Whether images are so small that a call for each is a part of their time."""
        if len(self._views) > 1 or max(self.input_shape[1:3], default=0) > _SMALL_PX:
            return False
        return self.input_type == self.output_type == "uint8"

    def _run_each(self, border: _Border, images_u8: ImageU8) -> npt.NDArray[Any]:
        values = np.empty((len(images_u8), border.output["shape"][-1]), border.output["dtype"])
        for row, image in enumerate(images_u8):
            values[row] = self._run(border, image[None].astype(border.input["dtype"], copy=False))[0]
        return values

    def _run_together(self, border: _Border, images_u8: ImageU8) -> npt.NDArray[Any]:
        """Return what `_run_each` does, from calls for `TOGETHER` images as far as they go."""
        if not self._tried_batch:
            self._tried_batch = True
            self._batch = self._load_batch(border, images_u8[:TOGETHER])
        if self._batch is None:
            return self._run_each(border, images_u8)
        whole = len(images_u8) - len(images_u8) % TOGETHER
        parts = [
            _call(self._batch, border, images_u8[start : start + TOGETHER])
            for start in range(0, whole, TOGETHER)
        ]
        return np.concatenate([*parts, self._run_each(border, images_u8[whole:])])

    def _load_batch(self, border: _Border, images_u8: ImageU8) -> LiteRTInterpreter | None:
        """Return the graph for `TOGETHER` images at once; None where it answers of `images_u8` otherwise."""
        operators = self._list_operators()
        if operators is None or not {each["op_name"] for each in operators} <= _BY_IMAGE:
            return None
        try:
            with muted_stderr():
                batch = LiteRTInterpreter(model_content=self._graph, num_threads=self._threads)
                batch.resize_tensor_input(border.input["index"], [TOGETHER, *border.input["shape"][1:]])
                batch.allocate_tensors()
            answers = _call(batch, border, images_u8)
        except (ValueError, RuntimeError):  # a size is fixed inside the graph
            return None
        return batch if np.array_equal(answers, self._run_each(border, images_u8)) else None

    def _run(self, border: _Border, image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if border.signature is not None:
            # Made anew for each call: while a runner lives, LiteRT refuses to run subgraph 0 by itself.
            runner = self._interpreter.get_signature_runner(border.signature)
            (answer,) = runner(**{border.input_name: image}).values()
            return np.asarray(answer)
        return _call(self._interpreter, border, image)

    def _find_views(self, signatures: Sequence[str]) -> tuple[_Border, ...]:
        """Return the border of each view; `ValueError` where the file does not have one."""
        (source, *_), (target, *_) = (
            self._interpreter.get_input_details(),
            self._interpreter.get_output_details(),
        )
        views = [
            _Border(signature=None, input_name="", input=source, output=target, scores=_list_scores(target))
        ]
        found = self._interpreter.get_signature_list()
        for name in signatures:
            if name not in found:
                raise ValueError(f"it has no signature {name!r} (there are: {', '.join(found) or 'none'})")
        for name in signatures[1:]:
            runner = self._interpreter.get_signature_runner(name)
            inputs, outputs = runner.get_input_details(), runner.get_output_details()
            if len(inputs) != 1 or len(outputs) != 1:
                raise ValueError(f"the signature {name!r} has more than one input or output")
            ((input_name, source),), (target,) = inputs.items(), outputs.values()
            views.append(
                _Border(
                    signature=name,
                    input_name=input_name,
                    input=source,
                    output=target,
                    scores=_list_scores(target),
                )
            )
        return tuple(views)

    def _list_operators(self) -> list[dict[str, Any]] | None:
        """Return what the graph runs. LiteRT has no public way to ask, hence the guard of a private call."""
        get_ops = getattr(self._interpreter, "_get_ops_details", None)
        return None if get_ops is None else list(get_ops())

    def delegation(self) -> Delegation | None:
        """Return what XNNPACK took; None where this LiteRT release does not tell."""
        ops = self._list_operators()
        if ops is None:
            return None
        partitions = [op for op in ops if op["op_name"] == _DELEGATE_OP]
        return Delegation(partitions=len(partitions), leftover_ops=_leftover_ops(ops, partitions))


def _call(interpreter: LiteRTInterpreter, border: _Border, images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    interpreter.set_tensor(border.input["index"], images)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(border.output["index"]))


def _list_scores(output: dict[str, Any]) -> Scores | None:
    """Return the score that each byte of the tensor `output` stands for; None where it holds no bytes.

    What is no number is left to `predict`, which says so.
    """
    if output["dtype"] != np.uint8 or not output["quantization"][0]:
        return None
    scores = _dequantize(np.arange(256, dtype=np.uint8), output["quantization"])
    return scores if np.isfinite(scores).all() else None


def _dequantize(values: npt.NDArray[Any], quantization: tuple[float, int]) -> Scores:
    scale, zero_point = quantization
    if not scale:
        return values.astype(np.float32, copy=False)
    return np.asarray((values.astype(np.float32) - zero_point) * scale, np.float32)


def _leftover_ops(ops: list[dict[str, Any]], partitions: list[dict[str, Any]]) -> tuple[str, ...]:
    """Name the ops outside every partition: a partition covers what leads back from its outputs."""
    producer = {int(tensor): op for op in ops if op["op_name"] != _DELEGATE_OP for tensor in op["outputs"]}
    covered: set[int] = set()
    for partition in partitions:
        border = {int(tensor) for tensor in partition["inputs"]}
        pending = [int(tensor) for tensor in partition["outputs"]]
        while pending:
            tensor = pending.pop()
            op = producer.get(tensor)
            if tensor in border or op is None or op["index"] in covered:
                continue
            covered.add(op["index"])
            pending.extend(int(source) for source in op["inputs"])
    return tuple(op["op_name"] for op in ops if op["op_name"] != _DELEGATE_OP and op["index"] not in covered)


class LayerReader:
    """A graph that keeps what lies between its layers: for converting, far slower than `Interpreter`."""

    def __init__(self, graph: bytes) -> None:
        """Load `graph`, by LiteRT's own kernels: a delegate shows nothing of what it runs."""
        self._interpreter = LiteRTInterpreter(
            model_content=graph,
            experimental_preserve_all_tensors=True,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        self._interpreter.allocate_tensors()

    def run(self, image: npt.NDArray[np.float32]) -> None:
        """Run the graph on `image` [1, size, size, 3]."""
        self._interpreter.set_tensor(self._interpreter.get_input_details()[0]["index"], image)
        self._interpreter.invoke()

    def read(self, tensor: int) -> npt.NDArray[Any]:
        """Return the tensor of this number in subgraph 0, as the last run left it."""
        return np.asarray(self._interpreter.get_tensor(tensor))
