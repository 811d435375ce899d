"""The facts of a model file that an app developer needs: `fakelens info --app`."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from fakelens.edge_runtime.files import digest_file
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.contract import ConditionLimits, Fit, Fusion, Pool, ViewSpec
from fakelens.edge_runtime.modelfile.graph import TensorInfo, read_graphs
from fakelens.edge_runtime.pictures.tiles import LEAST_TEXTURE, MOST_TEXTURE

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
    views: tuple[ViewSpec, ...] = ()  # all, the one above first; empty where there is one
    fusion: Fusion | None = None  # of the views
    root: int = 0  # over the first four bytes, little-endian, it gives all views; 0: they are there anyway
    condition: ConditionLimits | None = None  # UNSURE beyond these


def read_app_facts(path: Path) -> AppFacts:
    """Return the facts of `path`; `ModelError` for anything but an intact fakelens model."""
    model = read_model(path)
    contract = model.contract
    graph = read_graphs(model.views_graph, len(contract.input.views) or 1)[0]
    return AppFacts(
        model=contract.name,
        size_bytes=model.size_bytes,
        sha256=digest_file(path),
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
        views=contract.input.views,
        fusion=contract.input.fusion,
        root=contract.input.root,
        condition=contract.decision.condition,
    )


def app_facts_to_json(facts: AppFacts) -> str:
    """Return `facts` as one JSON object on one line, without the parts that the model does not have."""
    newer = ("views", "fusion", "root", "condition")
    return json.dumps({name: value for name, value in asdict(facts).items() if value or name not in newer})


def render_app_facts(facts: AppFacts) -> str:
    """Return `facts` in ten lines, and more where the model has several views or asks for a condition."""
    return "\n".join(f"{name:<10} {text}" for name, text in _describe(facts))


def _describe(facts: AppFacts) -> Iterator[tuple[str, str]]:
    low, high = facts.input_range
    never = facts.unsure_low > facts.unsure_high
    yield "model", f"{facts.model}, {facts.size_bytes:,} bytes, sha256 {facts.sha256}"
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
    for view in facts.views:
        yield (
            f"view {view.name}",
            f"signature {view.signature}, {view.size} px, fit {view.fit}, pool {view.pool}",
        )
    if facts.root:
        yield (
            "root",
            f"{facts.root}, over the first four bytes (little-endian): then all views are signatures",
        )
    if facts.fusion is not None:
        weights = ", ".join(f"{weight:.6f}" for weight in facts.fusion.weights)
        yield (
            "fusion",
            f"sigmoid({facts.fusion.bias:.6f} + sum of weight x logit of each view), weights {weights}",
        )
    if facts.condition is not None:
        limits = {name: limit for name, limit in asdict(facts.condition).items() if limit is not None}
        yield "condition", "UNSURE beyond " + ", ".join(f"{name} {limit:g}" for name, limit in limits.items())


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
    which = "the highest quarter of the tiles" if facts.pool is Pool.TOP else "all tiles"
    if facts.pool is Pool.TEXTURE:
        which += f", weighed by their texture, {LEAST_TEXTURE:g} to {MOST_TEXTURE:g}"
    return f"{facts.pool}: the mean logit of P(fake) over {which}, clipped to [1/512, 511/512]"


def _to_facts(tensor: TensorInfo) -> TensorFacts:
    return TensorFacts(shape=tensor.shape, type=tensor.type, scale=tensor.scale, zero_point=tensor.zero_point)
