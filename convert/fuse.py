"""Model files of one view become one file that decides by all of them: merge, score, fit, check, write."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from fakelens.convert.borders import USUAL_LIMITS, choose_borders, choose_limits
from fakelens.convert.bridge import carry_over, score_held_out
from fakelens.convert.fusion import ViewLogits, fit_fusion, fuse_scores, read_logits, weigh_images
from fakelens.convert.merge import FIRST_SIGNATURE, NamedGraph, extract_view, merge_graphs
from fakelens.convert.recipes import FuseConfig, Io, prepare_output
from fakelens.convert.roots import add_first_root
from fakelens.convert.tflite_metadata.write import attach_metadata
from fakelens.convert.validation import ScoredImages, find_validation, measure_verdicts, score_validation
from fakelens.convert.verify import GateResult, check_delegation, check_file, check_same_bytes
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.info.model import count_gzip_bytes
from fakelens.edge_runtime.modelfile.container import ModelFile, pack_model, read_model
from fakelens.edge_runtime.modelfile.contract import (
    Contract,
    Decision,
    Fit,
    FitSpec,
    Fusion,
    InputSpec,
    Pool,
    Training,
    ViewSpec,
)
from fakelens.edge_runtime.modelfile.interpreter import Interpreter
from fakelens.edge_runtime.modelfile.library import find_model

_TILES, _WHOLE = "tiles", "whole"  # names of the views; the latter that of its signature as well


@dataclass(frozen=True, kw_only=True)
class FuseResult:
    """What a fusion came to; `output` exists only if every gate passed."""

    output: Path
    contract: Contract
    gates: tuple[GateResult, ...]
    size_bytes: int
    gzip_bytes: int


def fuse_files(config: FuseConfig) -> FuseResult:
    """Write one file of the views in `config`, its fusion, borders and limits set by validation.

    Raises `UsageError` where a file, the images or the scores cannot be used.
    """
    files = _read_files(config)
    views = _describe_views(files, config.pool)
    names = [view.name for view in views]
    given = None if config.scores is None else read_logits(config.scores, names)
    held_out = None if config.bridge is None else score_held_out(config.model, config.bridge)
    images = None if config.data is None else find_validation(config.data, config.split)
    pairs = zip(views, files, strict=True)
    graph = merge_graphs([NamedGraph(signature=view.signature, graph=file.graph) for view, file in pairs])
    contract = _describe(files, views, config)
    graph = attach_metadata(graph, contract, _find_io(files[0]))
    if len(views) > 1:
        graph, root = add_first_root(graph)
        contract = replace(contract, input=replace(contract.input, root=root))
    if given is not None and config.scores is not None:
        scored = ScoredImages(scores=given, conditions=(), data=config.scores.name)
    elif images is not None and config.data is not None:
        scored = score_validation(_open(pack_model(graph, contract)), images, config.data)
    contract = _decide(contract, scored, config)
    if held_out is not None:
        contract = carry_over(contract, held_out)
    packed = pack_model(graph, contract)
    gates = (*_check(graph, contract, files), check_file(packed, contract), *_list_figures(contract))
    if all(gate.passed for gate in gates):
        write_atomic(config.output, packed)
    return FuseResult(
        output=config.output,
        contract=contract,
        gates=gates,
        size_bytes=len(packed),
        gzip_bytes=count_gzip_bytes(packed),
    )


def _read_files(config: FuseConfig) -> list[ModelFile]:
    names = [config.model] if config.whole is None else [config.model, config.whole]
    files = [read_model(find_model(name)) for name in names]
    if config.tiles is not None:
        files = [_look_at_tiles(files[0], config.tiles), *files]
    for file in files:
        if len(file.contract.input.views) > 1:
            raise UsageError(f"{file.path}: has several views already; give the files that it was made of")
    read = [file.path for file in files] + ([config.scores] if config.scores is not None else [])
    if config.bridge is not None:
        read.append(find_model(config.bridge.second))
    prepare_output(config.output, read)
    if config.whole is not None:
        for file, fit, option in ((files[0], Fit.TILES, "MODEL"), (files[1], Fit.RESIZE, "--whole")):
            if file.contract.input.fit is not fit:
                raise UsageError(
                    f"{file.path}: has fit {file.contract.input.fit}; {option} must be one of fit {fit}"
                )
    return files


def _look_at_tiles(file: ModelFile, tiles: int) -> ModelFile:
    """Return `file`, of whole images, as one that looks at `tiles` tiles at native resolution."""
    if file.contract.input.fit is not Fit.RESIZE:
        raise UsageError(f"{file.path}: looks at tiles already; --tiles is for a model of whole images")
    spec = replace(file.contract.input, fit=Fit.TILES, tiles=tiles)
    return replace(file, contract=replace(file.contract, input=spec))


def _describe_views(files: list[ModelFile], pool: Pool | None) -> tuple[ViewSpec, ...]:
    first = files[0].contract.input
    if pool is not None:
        if first.fit is not Fit.TILES:
            raise UsageError(f"{files[0].path}: looks at an image as a whole, so there is nothing to --pool")
        first = replace(first, pool=pool)
    name = _TILES if first.fit is Fit.TILES else _WHOLE
    views = [_to_view(first, name, FIRST_SIGNATURE)]
    return (*views, *(_to_view(file.contract.input, _WHOLE, _WHOLE) for file in files[1:]))


def _to_view(spec: FitSpec, name: str, signature: str) -> ViewSpec:
    return ViewSpec(
        name=name, signature=signature, size=spec.size, fit=spec.fit, tiles=spec.tiles, pool=spec.pool
    )


def _describe(files: list[ModelFile], views: tuple[ViewSpec, ...], config: FuseConfig) -> Contract:
    """Return the contract before anything is fitted: its views count the same."""
    first = views[0]
    spec = InputSpec(
        size=first.size,
        fit=first.fit,
        tiles=first.tiles,
        pool=first.pool,
        views=views,
        fusion=Fusion(weights=(1 / len(views),) * len(views)),
    )
    contract = files[0].contract
    training = _join_training(
        [file.contract.training for file in (files if config.tiles is None else files[1:])]
    )
    return replace(
        contract,
        name=config.name or contract.name,
        input=spec,
        training=training,
        measured=(),
        decision=Decision(),
    )


def _join_training(parts: list[Training]) -> Training:
    """Return where the weights of all views come from; what cannot be joined is the first view's."""
    first = parts[0]
    parameters = sum(part.parameters for part in parts)
    zeros = sum(part.sparsity * part.parameters for part in parts)

    def join(field: str) -> str:
        return " + ".join(dict.fromkeys(text for part in parts if (text := getattr(part, field))))

    return replace(
        first,
        data=tuple(dict.fromkeys(source for part in parts for source in part.data)),
        licences=join("licences"),
        recipe=join("recipe"),
        network=join("network"),
        quantization=join("quantization"),
        parameters=parameters,
        sparsity=zeros / parameters if parameters else first.sparsity,
        quantization_aware=all(part.quantization_aware for part in parts),
        versions={name: version for part in reversed(parts) for name, version in part.versions.items()},
    )


def _find_io(file: ModelFile) -> Io:
    return Io.UINT8 if Interpreter(file.graph).input_type == "uint8" else Io.FLOAT


def _open(packed: bytes) -> Detector:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fused.tflite"
        path.write_bytes(packed)
        return Detector(path)


def _decide(contract: Contract, scored: ScoredImages, config: FuseConfig) -> Contract:
    """Return `contract` with fusion, borders, limits and what they come to, all by the validation images."""
    scores: ViewLogits = scored.scores
    weights = weigh_images(scores.labels, scores.sources if config.by_source else ())
    fusion = fit_fusion(scores, weights)
    p_fake = fuse_scores(scores.logits, fusion)
    decision = choose_borders(scores.labels, p_fake, weights, config.borders, scores.tiers)
    limits = choose_limits(scored.conditions, scores.labels) if scored.conditions else USUAL_LIMITS
    contract = replace(
        contract,
        input=replace(contract.input, fusion=fusion),
        decision=replace(decision, condition=limits),
    )
    return replace(contract, measured=measure_verdicts(contract, scored, p_fake))


def _check(graph: bytes, contract: Contract, files: list[ModelFile]) -> list[GateResult]:
    """Each view of the merged graph answers as its file does, and XNNPACK takes it."""
    views = contract.input.views
    graph = ModelFile(path=Path(), contract=contract, graph=graph, size_bytes=len(graph)).views_graph
    merged = Interpreter(graph, signatures=[view.signature for view in views])
    gates = []
    for index, (view, file) in enumerate(zip(views, files, strict=True)):
        same = check_same_bytes(merged, index, file)
        alone = check_delegation(Interpreter(extract_view(graph, index)).delegation())
        gates += [replace(gate, name=f"{gate.name}, view {view.name}") for gate in (same, alone)]
    return gates


def _list_figures(contract: Contract) -> list[GateResult]:
    """Return what was measured, as rows of the table; informative."""
    return [
        GateResult(
            name=row.metric.replace("_", " "),
            passed=True,
            figure=f"{row.value:.3f} ({row.low:.3f} to {row.high:.3f}), n = {row.n:,}",
        )
        for row in contract.measured
    ]
