"""Scales that XNNPACK cannot bring together: at some graphs with such ones LiteRT ends the process."""

from typing import Any

_SUMMING = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"})
_MOST_TIMES = 256  # a step of what is summed may be less than so many steps of what comes out


def check_scales(kind: str, operator: Any, subgraph: Any) -> None:
    """Raise `ValueError` where an operator with weights gives much finer steps than those of its sums.

    Such as a layer that gave nothing but zeros when its range was measured.
    """
    if kind not in _SUMMING:
        return
    tensors = [subgraph.tensors[place] for place in (*operator.inputs[:2], *operator.outputs[:1])]
    source, weights, target = (_list_scales(tensor.quantization) for tensor in tensors)
    if not (source and weights and target):  # floats
        return
    times = source[0] * max(weights) / target[0]
    if times >= _MOST_TIMES:
        raise ValueError(
            f"{kind} gives steps of {target[0]:.1e}, {times:.3g} times finer than those of its sums, as "
            "if nothing but zeros came out"
        )


def _list_scales(quantization: Any) -> list[float]:
    """Return the scales that are above 0; 0 stands for none."""
    if quantization is None or quantization.scale is None:
        return []
    return [float(scale) for scale in quantization.scale if scale > 0]
