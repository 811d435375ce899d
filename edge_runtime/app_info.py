"""What an app developer needs to know of a model file: `fakelens info --app`."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from fakelens.edge_runtime.contract import Fit, Pool
from fakelens.edge_runtime.graph import TensorInfo, read_graph
from fakelens.edge_runtime.modelfile import read_model

_BYTE_RANGE = (0, 255)


@dataclass(frozen=True, kw_only=True)
class TensorFacts:
    """One side of the graph."""

    shape: tuple[int, ...]
    type: str  # uint8, float32
    scale: float | None  # real = (stored - zero_point) * scale; None where nothing is quantized
    zero_point: int | None


@dataclass(frozen=True, kw_only=True)
class AppFacts:
    """A model file as an app sees it; `--json` writes these names."""

    model: str
    size_bytes: int
    sha256: str  # of the whole file
    input: TensorFacts
    input_range: tuple[int, int]  # of each colour, in the order R, G, B
    output: TensorFacts
    labels: tuple[str, ...]  # in the order of the output's values
    fit: Fit
    tile_px: int
    most_tiles: int
    pool: Pool
    threshold: float  # FAKE at or above
    unsure_low: float  # UNSURE from here
    unsure_high: float  # to here, both included; never where it is below unsure_low


def read_app_facts(path: Path) -> AppFacts:
    """Return the facts of `path`; `ModelError` for anything but an intact fakelens model."""
    model = read_model(path)
    graph = read_graph(model.graph)
    contract = model.contract
    return AppFacts(
        model=contract.name,
        size_bytes=model.size_bytes,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        input=_to_facts(graph.input),
        input_range=_BYTE_RANGE,
        output=_to_facts(graph.output),
        labels=contract.labels,
        fit=contract.input.fit,
        tile_px=contract.input.size,
        most_tiles=contract.input.tiles,
        pool=contract.input.pool,
        threshold=contract.decision.threshold,
        unsure_low=contract.decision.unsure_low,
        unsure_high=contract.decision.unsure_high,
    )


def app_facts_to_json(facts: AppFacts) -> str:
    """Return `facts` as one JSON object on one line."""
    return json.dumps(asdict(facts))


def render_app_facts(facts: AppFacts) -> str:
    """Return `facts` in ten lines."""
    return "\n".join(f"{name:<10} {text}" for name, text in _describe(facts))


def _describe(facts: AppFacts) -> Iterator[tuple[str, str]]:
    low, high = facts.input_range
    never = facts.unsure_low > facts.unsure_high
    yield "model", f"{facts.model}, {facts.size_bytes:,} bytes, SHA-256 {facts.sha256[:16]}"
    yield "input", _describe_tensor(facts.input)
    yield "range", f"RGB bytes as they are, {low} to {high}: no mean, no std, no BGR, alpha over white"
    yield "output", _describe_tensor(facts.output)
    yield "labels", ", ".join(f"{index} {label}" for index, label in enumerate(facts.labels))
    yield "fit", _describe_fit(facts)
    yield "places", _describe_places(facts)
    yield "pool", _describe_pool(facts)
    yield "threshold", f"FAKE from P(fake) {facts.threshold:.6f}, REAL below"
    yield (
        "unsure",
        "never" if never else f"UNSURE from {facts.unsure_low:.6f} to {facts.unsure_high:.6f}, both included",
    )


def _describe_tensor(tensor: TensorFacts) -> str:
    text = f"{tensor.type} [{', '.join(map(str, tensor.shape))}]"
    if tensor.scale is None:
        return text
    return f"{text}, real = (stored - {tensor.zero_point}) * {tensor.scale:g}"


def _describe_fit(facts: AppFacts) -> str:
    side = facts.tile_px
    if facts.fit is Fit.RESIZE:
        return f"resize: the whole upright image to {side} x {side} px, bilinear, antialiased on reduction"
    return f"tiles: {side} x {side} px, at most {facts.most_tiles}, never resized; mirrored beyond the edge"


def _describe_places(facts: AppFacts) -> str:
    if facts.fit is Fit.RESIZE:
        return "one, the whole image"
    side = facts.tile_px
    return (
        f"max(1, width // {side}) x max(1, height // {side}), edge to edge; "
        f"over {facts.most_tiles}, the denser direction loses one"
    )


def _describe_pool(facts: AppFacts) -> str:
    if facts.fit is Fit.RESIZE:
        return "none, P(fake) is the output's value 1"
    which = "all tiles" if facts.pool is Pool.MEAN else "the highest quarter of the tiles"
    return f"{facts.pool}: the mean logit of P(fake) over {which}, clipped to [1/512, 511/512]"


def _to_facts(tensor: TensorInfo) -> TensorFacts:
    return TensorFacts(shape=tensor.shape, type=tensor.type, scale=tensor.scale, zero_point=tensor.zero_point)
