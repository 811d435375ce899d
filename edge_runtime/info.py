"""What `fakelens info` tells of a model file: contract, model card, graph, sizes."""

import gzip
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table

from fakelens.edge_runtime.contract import Contract, Fit, InputSpec, Measurement
from fakelens.edge_runtime.graph import GraphSummary, TensorInfo, read_graph
from fakelens.edge_runtime.modelfile import read_model


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """Everything a model file says of itself."""

    path: Path
    size_bytes: int
    gzip_bytes: int  # what a compressed download takes
    contract: Contract
    graph: GraphSummary


def read_info(path: Path) -> ModelInfo:
    """Return what is inside `path`; `ModelError` for anything but an intact fakelens model."""
    model = read_model(path)
    return ModelInfo(
        path=path,
        size_bytes=model.size_bytes,
        gzip_bytes=count_gzip_bytes(path.read_bytes()),
        contract=model.contract,
        graph=read_graph(model.graph),
    )


def count_gzip_bytes(content: bytes) -> int:
    """Return the size of `content` after gzip at its highest level."""
    return len(gzip.compress(content, compresslevel=9, mtime=0))


def info_to_json(info: ModelInfo) -> str:
    """Return `info` as one JSON object on one line; `ops` and `constants` as objects of counts."""
    data = asdict(info) | {"path": str(info.path)}
    data["graph"] |= {"ops": dict(info.graph.ops), "constants": dict(info.graph.constants)}
    return json.dumps(data)


def render_info(info: ModelInfo) -> RenderableType:
    """Return `info` as tables for a terminal."""
    tables = [_render_contract(info), _render_graph(info)]
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
    table.add_row("input", _describe_input(contract.input))
    table.add_row("labels", ", ".join(contract.labels))
    decision = contract.decision
    unsure = f"unsure from {decision.unsure_low:.3f} to {decision.unsure_high:.3f}"
    table.add_row(
        "decision",
        f"fake from P(fake) {decision.threshold:.3f}, "
        + (unsure if decision.unsure_low <= decision.unsure_high else "never unsure"),
    )
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
    return table


def _describe_input(spec: InputSpec) -> str:
    tiles = f", at most {spec.tiles} of them, pool: {spec.pool}" if spec.fit is Fit.TILES else ""
    return f"{spec.size} x {spec.size} px RGB, fit: {spec.fit}{tiles}"


def _render_graph(info: ModelInfo) -> Table:
    graph = info.graph
    table = _plain_table("graph")
    table.add_row("takes", _describe_tensor(graph.input))
    table.add_row("gives", _describe_tensor(graph.output))
    table.add_row("ops", ", ".join(f"{count} {name}" for name, count in graph.ops))
    table.add_row("float ops", ", ".join(graph.float_ops) or "none")
    table.add_row("values", ", ".join(f"{count:,} {kind}" for kind, count in graph.constants))
    return table


def _render_card(measured: tuple[Measurement, ...]) -> Table:
    table = Table(
        "metric", "value", "95% interval", "n", "data", "split", "note", title="measured on this file"
    )
    for row in measured:
        interval = f"{row.low:.4f} to {row.high:.4f}"
        table.add_row(row.metric, f"{row.value:.4f}", interval, f"{row.n:,}", row.data, row.split, row.note)
    return table


def _plain_table(title: str) -> Table:
    return Table("", "", title=title, show_header=False, title_justify="left", box=None)


def _describe_tensor(tensor: TensorInfo) -> str:
    text = f"{tensor.type} [{', '.join(map(str, tensor.shape))}]"
    return text if tensor.scale is None else f"{text}, scale {tensor.scale:g}, zero point {tensor.zero_point}"
