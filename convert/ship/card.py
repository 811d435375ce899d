"""The model card as Markdown, from the contract alone."""

from collections.abc import Iterator
from dataclasses import asdict

from fakelens.benchmarks.tables import format_table
from fakelens.edge_runtime.modelfile.contract import Contract, Fit, FitSpec, Measurement, ViewSpec


def render_card(contract: Contract, size_bytes: int) -> str:
    """Return the card of a model file of `size_bytes`: what it does, what it cannot, what was measured."""
    return "\n".join((*_introduce(contract), *_list_use(contract, size_bytes), *_list_measured(contract)))


def _introduce(contract: Contract) -> Iterator[str]:
    yield f"# {contract.name}\n"
    yield f"{contract.description or 'Tells fake images from real ones'}.\n"
    if contract.limits:
        yield f"**What it cannot see.** {contract.limits}\n"
    yield "A verdict is evidence, never proof.\n"


def _list_use(contract: Contract, size_bytes: int) -> Iterator[str]:
    spec, decision, training = contract.input, contract.decision, contract.training
    yield "## Use\n"
    for view in spec.views or (spec,):
        yield f"- {f'View {view.name}' if isinstance(view, ViewSpec) else 'Input'}: {_describe_fit(view)}"
    if spec.fusion is not None:
        parts = (f"{w:.3f} x {v.name}" for w, v in zip(spec.fusion.weights, spec.views, strict=True))
        yield f"- P(fake) = sigmoid({spec.fusion.bias:.3f} + {' + '.join(parts)}), of the logits of the views"
    yield f"- Output: a probability for each of {', '.join(contract.labels)}; P(fake) is the second"
    yield f"- FAKE from P(fake) {decision.threshold:.3f}, REAL below"
    if decision.unsure_low <= decision.unsure_high:
        yield f"- UNSURE from {decision.unsure_low:.3f} to {decision.unsure_high:.3f}, both included"
    if decision.condition is not None:
        limits = asdict(decision.condition).items()
        limits_text = ", ".join(
            f"{name.replace('_', ' ')} {limit:g}" for name, limit in limits if limit is not None
        )
        yield f"- UNSURE where there is nothing left to see: {limits_text}"
    made = f"{training.parameters:,} parameters, {training.quantization or 'float32'}"
    yield f"- Size: {size_bytes:,} bytes, {made}\n"
    yield "## Training\n"
    for source in training.data:
        yield f"- {source.name}: {source.images:,} images, digest `{source.digest[:12]}`"
    if training.licences:
        yield f"- Licences of the data: {training.licences}"
    recipe = training.recipe or "none"
    yield f"- Network {training.network or 'unnamed'}, recipe {recipe}, seed {training.seed}\n"


def _describe_fit(spec: FitSpec) -> str:
    if spec.fit is Fit.RESIZE:
        return f"the whole image, resized to {spec.size} x {spec.size} px"
    tiles = f"up to {spec.tiles} tiles of {spec.size} x {spec.size} px at native resolution"
    return f"{tiles}, their scores pooled ({spec.pool}); nothing is resized"


def _list_measured(contract: Contract) -> Iterator[str]:
    yield "## Measured on this file\n"
    if not contract.measured:
        yield "Nothing was measured.\n"
        return
    header = ("metric", "value", "95% interval", "n", "data", "split", "note")
    yield format_table(header, [_to_cells(row) for row in contract.measured]) + "\n"


def _to_cells(row: Measurement) -> tuple[str, ...]:
    interval = f"{row.low:.4f} to {row.high:.4f}"
    return row.metric, f"{row.value:.4f}", interval, f"{row.n:,}", row.data, row.split, row.note or "-"
