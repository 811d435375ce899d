"""The gates: what a converted file must show before it is written."""

import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fakelens.benchmarks.metrics import roc_auc
from fakelens.convert.recipes import Io, Quantization
from fakelens.convert.tflite_metadata.read import read_metadata
from fakelens.edge_runtime.detection.verdict import decide
from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.modelfile.container import ModelFile, pack_model, read_model
from fakelens.edge_runtime.modelfile.contract import Contract, Decision
from fakelens.edge_runtime.modelfile.graph import GraphSummary
from fakelens.edge_runtime.modelfile.interpreter import Delegation, Interpreter

_SCALE_TOLERANCE = 1e-3
_NOISE_LEVELS = (2, 8, 32, 64, 96, 128, 160, 192, 224, 240, 248, 256)  # grey levels below each
_TYPE_OF_IO = {Io.UINT8: "uint8", Io.FLOAT: "float32"}

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """One gate's outcome and the figure behind it."""

    name: str
    passed: bool
    figure: str


@dataclass(frozen=True, kw_only=True)
class ConversionStage:
    """P(fake) [n] of one stage of the conversion on the validation images."""

    name: str  # keras, float .tflite, int8 .tflite
    p_fake: Scores
    decision: Decision | None = None  # of its own, where that is not the file's


def check_graph(summary: GraphSummary, quantization: Quantization | None, io: Io) -> GateResult:
    """Ops, stored values and the types at the border are what was asked for; None: numbers of any kind."""
    source, target = summary.input, summary.output
    stored = {kind for kind, _ in summary.constants}
    integer = quantization is Quantization.INT8
    output_type = _TYPE_OF_IO[io] if integer else "float32"
    faults = []
    if (source.type, target.type) != (_TYPE_OF_IO[io], output_type):
        faults.append(
            f"takes {source.type} and gives {target.type}, asked: {_TYPE_OF_IO[io]} and {output_type}"
        )
    if not (source.fixed_shape and source.shape[0] == 1):
        faults.append(f"the batch is not fixed to 1: {source.shape}")
    if integer and summary.float_ops:
        faults.append(f"float ops inside: {', '.join(summary.float_ops)}")
    if integer and io is Io.UINT8 and not _takes_raw_bytes(source.scale, source.zero_point):
        faults.append(f"the input has scale {source.scale} and zero point {source.zero_point}, not 1 and 0")
    if quantization is Quantization.FLOAT16 and "float16" not in stored:
        faults.append("no weights in float16")
    if quantization is Quantization.DYNAMIC and "int8" not in stored:
        faults.append("no weights in int8: TFLite leaves kernels under 1024 values alone, use --int8")
    if quantization is Quantization.FLOAT32 and stored & {"float16", "int8"}:
        faults.append(f"weights in {', '.join(sorted(stored & {'float16', 'int8'}))}")
    count = sum(number for _, number in summary.ops)
    kind = "no float op" if integer else "computes in float32" if quantization else "its own numbers"
    figure = "; ".join(faults) or f"{count} ops, {kind}; {source.type} in, {target.type} out"
    return GateResult(name="ops and types", passed=not faults, figure=figure)


def compare_stages(
    stages: tuple[ConversionStage, ...], labels: npt.NDArray[np.uint8], decision: Decision
) -> tuple[GateResult, ...]:
    """Each stage against the one before on the same bytes: verdicts and P(fake); informative."""
    results = []
    for before, after in pairwise(stages):
        same = [
            decide(float(a), before.decision or decision) is decide(float(b), after.decision or decision)
            for a, b in zip(before.p_fake, after.p_fake, strict=True)
        ]
        furthest = float(np.max(np.abs(before.p_fake - after.p_fake)))
        aucs = f"AUC {roc_auc(labels, before.p_fake):.4f} -> {roc_auc(labels, after.p_fake):.4f}"
        figure = f"{np.mean(same):.2%} of verdicts agree, P(fake) differs by at most {furthest:.4f}, {aucs}"
        name = f"{before.name} -> {after.name}"
        results.append(GateResult(name=name, passed=True, figure=figure))
    return tuple(results)


def check_drop(
    stages: tuple[ConversionStage, ...], labels: npt.NDArray[np.uint8], decision: Decision, max_drop: float
) -> GateResult:
    """The last stage loses at most `max_drop` points of accuracy against the first."""
    first, last = (
        100 * count_correct(stage.p_fake, labels, stage.decision or decision) / len(labels)
        for stage in (stages[0], stages[-1])
    )
    drop = first - last
    figure = (
        f"{first:.2f}% -> {last:.2f}%, {drop:+.2f} points lost of {max_drop:.3g} allowed, n = {len(labels):,}"
    )
    return GateResult(name="accuracy drop", passed=drop <= max_drop + 1e-9, figure=figure)


def check_ranking(
    stages: tuple[ConversionStage, ...], labels: npt.NDArray[np.uint8], max_drop: float | None
) -> tuple[GateResult, ...]:
    """The last stage loses at most `max_drop` points of AUC against the first; no gate for None."""
    if max_drop is None:
        return ()
    first, last = (100 * roc_auc(labels, stage.p_fake) for stage in (stages[0], stages[-1]))
    figure = f"{first:.2f} -> {last:.2f} points, {first - last:+.2f} lost of {max_drop:g} allowed"
    return (GateResult(name="AUC drop", passed=first - last <= max_drop + 1e-9, figure=figure),)


def check_delegation(delegation: Delegation | None) -> GateResult:
    """XNNPACK takes the graph; leftover ops are named and allowed, no partition at all is not."""
    if delegation is None:
        return GateResult(name="XNNPACK", passed=True, figure="not reported by this LiteRT")
    left = ", ".join(delegation.leftover_ops)
    plural = "" if delegation.partitions == 1 else "s"
    figure = f"{delegation.partitions} partition{plural}, " + (
        f"left over: {left}" if left else "the whole graph"
    )
    return GateResult(name="XNNPACK", passed=delegation.partitions > 0, figure=figure)


def check_same_bytes(merged: Interpreter, view: int, file: ModelFile) -> GateResult:
    """A view of a merged graph gives the bytes that the file it came from gives, on noise of every level."""
    size = file.contract.input.size
    levels = np.random.default_rng(0)
    noise = [levels.integers(0, high, (size, size, 3), np.uint8) for high in _NOISE_LEVELS]
    images = np.stack(noise)
    mine, its = merged.predict(images, view), Interpreter(file.graph).predict(images)
    furthest = float(np.max(np.abs(mine - its)))
    same = mine.tobytes() == its.tobytes()
    figure = f"{len(images)} tensors, " + ("the same bytes" if same else f"differs by up to {furthest:.4f}")
    return GateResult(name="as its file", passed=same, figure=figure)


def check_file(packed: bytes, contract: Contract) -> GateResult:
    """The packed bytes read as a model file, load in LiteRT, and say what was put in."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.tflite"
            path.write_bytes(packed)
            model = read_model(path)
        outputs = Interpreter(model.graph).output_shape[-1]
        metadata = read_metadata(packed)
    except ModelError as error:
        return GateResult(name="file", passed=False, figure=str(error))
    faults = []
    if pack_model(model.graph, contract) != packed:
        faults.append("the contract does not read back as written")
    if metadata.labels != contract.labels or len(metadata.labels) != outputs:
        faults.append(f"labels {metadata.labels} for {outputs} outputs, expected {contract.labels}")
    if metadata.name != contract.name:
        faults.append(f"the metadata names it {metadata.name!r}, expected {contract.name!r}")
    figure = (
        "; ".join(faults) or f"loads in LiteRT, {len(metadata.labels)} labels: {', '.join(metadata.labels)}"
    )
    return GateResult(name="file", passed=not faults, figure=figure)


def count_correct(p_fake: Scores, labels: npt.NDArray[np.uint8], decision: Decision) -> int:
    """Return how many images are on their side of the threshold."""
    return int(np.sum((p_fake >= decision.threshold) == (labels == 1)))


def _takes_raw_bytes(scale: float | None, zero_point: int | None) -> bool:
    return scale is not None and abs(scale - 1.0) <= _SCALE_TOLERANCE and zero_point == 0
