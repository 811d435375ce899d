"""Facts of a model file for `fakelens info`: contract, model card, graph, sizes."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Column, Table

from fakelens.edge_runtime.files import digest_file
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.contract import Contract, Decision, Fit, FitSpec, InputSpec, Measurement
from fakelens.edge_runtime.modelfile.graph import GraphSummary, TensorInfo, read_graphs


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """Everything a model file says of itself."""

    path: Path
    size_bytes: int
    sha256: str  # of the whole file
    gzip_bytes: int  # what a compressed download takes
    contract: Contract
    graph: GraphSummary  # of the first view
    further_graphs: tuple[GraphSummary, ...] = ()  # of the others


def read_info(path: Path) -> ModelInfo:
    """Return what is inside `path`; `ModelError` for anything but an intact fakelens model."""
    model = read_model(path)
    graph, *further = read_graphs(model.views_graph, len(model.contract.input.views) or 1)
    return ModelInfo(
        path=path,
        size_bytes=model.size_bytes,
        sha256=digest_file(path),
        gzip_bytes=count_gzip_bytes(path.read_bytes()),
        contract=model.contract,
        graph=graph,
        further_graphs=tuple(further),
    )


def count_gzip_bytes(content: bytes) -> int:
    """Return the size of `content` after gzip at its highest level."""
    return len(gzip.compress(content, compresslevel=9, mtime=0))


def info_to_json(info: ModelInfo) -> str:
    """Return `info` as one JSON object on one line; `ops` and `constants` as objects of counts."""
    data = asdict(info) | {"path": str(info.path)}
    for row, graph in zip((data["graph"], *data["further_graphs"]), _list_graphs(info), strict=True):
        row |= {"ops": dict(graph.ops), "constants": dict(graph.constants)}
    return json.dumps(data)


def render_info(info: ModelInfo) -> RenderableType:
    """Return `info` as tables for a terminal."""
    names = [f"graph, view {view.name}" for view in info.contract.input.views] or ["graph"]
    graphs = zip(names, _list_graphs(info), strict=True)
    tables = [_render_contract(info), *(_render_graph(name, graph) for name, graph in graphs)]
    if info.contract.measured:
        tables.append(_render_card(info.contract.measured))
    return Group(*tables)


def _render_contract(info: ModelInfo) -> Table:
    contract, training = info.contract, info.contract.training
    table = _plain_table(contract.name)
    if contract.description:
        table.add_row("description", contract.description)
    if contract.limits:
        table.add_row("limits", contract.limits)
    for name, text in _describe_input(contract.input):
        table.add_row(name, text)
    table.add_row("labels", ", ".join(contract.labels))
    for name, text in _describe_decision(contract.decision):
        table.add_row(name, text)
    made = training.quantization + (" (quantization-aware)" if training.quantization_aware else "")
    table.add_row("weights", f"{training.network} {made}, {training.parameters:,} parameters".strip())
    if training.sparsity:
        table.add_row("pruned", f"{training.sparsity:.1%} zeros")
    for source in training.data:
        table.add_row("trained on", f"{source.name}, {source.images:,} images, digest {source.digest[:12]}")
    if training.licences:
        table.add_row("data licences", training.licences)
    table.add_row("recipe", f"{training.recipe or '-'}, seed {training.seed}")
    table.add_row("size", f"{info.size_bytes:,} bytes, gzip {info.gzip_bytes:,}")
    table.add_row("sha256", info.sha256)
    return table


def _describe_input(spec: InputSpec) -> Iterator[tuple[str, str]]:
    for view in spec.views:
        yield f"view {view.name}", f"{_describe_fit(view)}, signature {view.signature}"
    if spec.fusion is None:
        yield "input", _describe_fit(spec)
    else:
        parts = [f"{w:.3f} x {v.name}" for w, v in zip(spec.fusion.weights, spec.views, strict=True)]
        yield "fusion", f"logit of P(fake) = {spec.fusion.bias:.3f} + {' + '.join(parts)}"


def _describe_fit(spec: FitSpec) -> str:
    tiles = f", at most {spec.tiles} of them, pool: {spec.pool}" if spec.fit is Fit.TILES else ""
    return f"{spec.size} x {spec.size} px RGB, fit: {spec.fit}{tiles}"


def _describe_decision(decision: Decision) -> Iterator[tuple[str, str]]:
    unsure = f"unsure from {decision.unsure_low:.3f} to {decision.unsure_high:.3f}"
    yield (
        "decision",
        f"fake from P(fake) {decision.threshold:.3f}, "
        + (unsure if decision.unsure_low <= decision.unsure_high else "never unsure"),
    )
    if decision.condition is not None:
        limits = {name: limit for name, limit in asdict(decision.condition).items() if limit is not None}
        yield (
            "unsure beyond",
            ", ".join(f"{name.replace('_', ' ')} {limit:g}" for name, limit in limits.items()),
        )
    for point in decision.operating_points:
        shares = f"{point.false_alarms:.1%} of real ones called fake, {point.found:.1%} of fakes found"
        yield f"above {point.threshold:.3f}", shares


def _list_graphs(info: ModelInfo) -> tuple[GraphSummary, ...]:
    return (info.graph, *info.further_graphs)


def _render_graph(name: str, graph: GraphSummary) -> Table:
    table = _plain_table(name)
    table.add_row("takes", _describe_tensor(graph.input))
    table.add_row("gives", _describe_tensor(graph.output))
    table.add_row("ops", ", ".join(f"{count} {name}" for name, count in graph.ops))
    table.add_row("float ops", ", ".join(graph.float_ops) or "none")
    table.add_row("values", ", ".join(f"{count:,} {kind}" for kind, count in graph.constants))
    return table


def _render_card(measured: tuple[Measurement, ...]) -> Table:
    """Return the table of the card; its notes, which many rows share, stand once below it."""
    notes = [note for note in dict.fromkeys(row.note for row in measured) if note]
    marks = {note: "*" * number for number, note in enumerate(notes, 1)} | {"": ""}
    table = Table(
        *(Column(name, no_wrap=True) for name in ("metric", "value", "95% interval", "n")),
        Column("data", overflow="fold"),
        Column("split", no_wrap=True),
        title="measured on this file",
        caption="\n".join(f"{marks[note]} {note}" for note in notes) or None,
        caption_justify="left",
    )
    for row in measured:
        interval = f"{row.low:.4f} to {row.high:.4f}"
        metric = f"{row.metric}{marks[row.note]}"
        table.add_row(metric, f"{row.value:.4f}", interval, f"{row.n:,}", row.data, row.split)
    return table


def _plain_table(title: str) -> Table:
    """Return a table of two columns; nothing is cut, and a SHA-256 fits into a line of 80 characters."""
    values = Column(overflow="fold")
    return Table("", values, title=title, show_header=False, title_justify="left", box=None, pad_edge=False)


def _describe_tensor(tensor: TensorInfo) -> str:
    text = f"{tensor.type} [{', '.join(map(str, tensor.shape))}]"
    return text if tensor.scale is None else f"{text}, scale {tensor.scale:g}, zero point {tensor.zero_point}"
