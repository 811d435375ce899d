"""The only LiteRT import: a graph in, class probabilities out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter as LiteRTInterpreter

from fakelens.edge_runtime.errors import ModelError, UsageError
from fakelens.edge_runtime.modelfile import check_identifier
from fakelens.edge_runtime.quiet import muted_stderr

ImageU8 = npt.NDArray[np.uint8]
Scores = npt.NDArray[np.float32]

_DELEGATE_OP = "DELEGATE"


@dataclass(frozen=True, kw_only=True)
class Delegation:
    """What the accelerating delegate (XNNPACK) took of a graph."""

    partitions: int
    leftover_ops: tuple[str, ...]  # run by the reference kernels instead


class Interpreter:
    """A loaded graph. Not thread-safe: one per worker."""

    def __init__(self, graph: bytes, threads: int = 1) -> None:
        if threads < 1:
            raise UsageError(f"threads is {threads}, expected 1 or more")
        check_identifier(graph, "the graph")
        try:
            with muted_stderr():  # LiteRT announces its delegate there
                self._interpreter = LiteRTInterpreter(model_content=graph, num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"LiteRT cannot load the graph: {str(error).splitlines()[0]}") from error
        self._input: dict[str, Any] = self._interpreter.get_input_details()[0]
        self._output: dict[str, Any] = self._interpreter.get_output_details()[0]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the input tensor, [1, height, width, 3]."""
        return tuple(int(side) for side in self._input["shape"])

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the output tensor, [1, classes]."""
        return tuple(int(side) for side in self._output["shape"])

    @property
    def input_type(self) -> str:
        """Type of the input tensor: uint8 or float32, both for raw bytes of 0 to 255."""
        return str(np.dtype(self._input["dtype"]).name)

    @property
    def output_type(self) -> str:
        """Type of the output tensor: uint8 or float32."""
        return str(np.dtype(self._output["dtype"]).name)

    def predict(self, images_u8: ImageU8) -> Scores:
        """Return the class probabilities [n, classes] of `images_u8` [n, height, width, 3], raw RGB."""
        source, target = self._input["index"], self._output["index"]
        values = np.empty((len(images_u8), self._output["shape"][-1]), self._output["dtype"])
        # One by one: a batch of tiles takes as long here (measured with 2 to 24 of them), and more memory.
        try:
            for row, image in enumerate(images_u8):
                self._interpreter.set_tensor(source, image[None].astype(self._input["dtype"], copy=False))
                self._interpreter.invoke()
                values[row] = self._interpreter.get_tensor(target)[0]
        except (ValueError, RuntimeError) as error:
            reason = (str(error).splitlines() or ["no reason given"])[0]
            raise ModelError(f"LiteRT cannot run the graph: {reason}; convert the model again") from error
        scores = self._dequantize(values)
        if not np.isfinite(scores).all():
            raise ModelError("the model's scores are not numbers, so it says nothing; convert it again")
        return scores

    def delegation(self) -> Delegation | None:
        """Return what XNNPACK took; None where this LiteRT release does not tell.

        LiteRT has no public way to ask, hence the guard around a private call.
        """
        get_ops = getattr(self._interpreter, "_get_ops_details", None)
        if get_ops is None:
            return None
        ops: list[dict[str, Any]] = get_ops()
        partitions = [op for op in ops if op["op_name"] == _DELEGATE_OP]
        return Delegation(partitions=len(partitions), leftover_ops=_leftover_ops(ops, partitions))

    def _dequantize(self, values: npt.NDArray[Any]) -> Scores:
        scale, zero_point = self._output["quantization"]
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
