"""The end of every conversion: a graph is described, measured, packed, checked, and written if it passes."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fakelens.benchmarks.metrics import bootstrap_interval, roc_auc, wilson_interval
from fakelens.convert.aware import AwarePlan
from fakelens.convert.recipes import ConvertConfig
from fakelens.convert.run import Validation
from fakelens.convert.tflite_metadata.write import attach_metadata
from fakelens.convert.verify import (
    ConversionStage,
    GateResult,
    Scores,
    check_delegation,
    check_drop,
    check_file,
    check_graph,
    check_ranking,
    compare_stages,
    count_correct,
)
from fakelens.edge_runtime.errors import GateError, ModelError
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.info.model import count_gzip_bytes
from fakelens.edge_runtime.modelfile.container import pack_model
from fakelens.edge_runtime.modelfile.contract import Contract, Measurement
from fakelens.edge_runtime.modelfile.graph import read_graph
from fakelens.edge_runtime.modelfile.graph_check import check_graph as check_parts
from fakelens.edge_runtime.modelfile.interpreter import Interpreter

_SPLIT = "validation"
_REMEDY = "train again, or convert it with --float16"
_NOTE = "the split that also chose epoch, temperature and threshold"


@dataclass(frozen=True, kw_only=True)
class ConvertResult:
    """What a conversion came to; `output` exists only if it `passed`."""

    output: Path
    gates: tuple[GateResult, ...]
    contract: Contract
    size_bytes: int
    gzip_bytes: int
    plan: AwarePlan | None = None  # of a run whose plain int8 loses too much: the training that would help

    @property
    def passed(self) -> bool:
        """Whether every gate passed."""
        return all(gate.passed for gate in self.gates)


@dataclass(frozen=True, kw_only=True)
class Converted:
    """A graph that is to become a file, and how it came about."""

    graph: bytes
    contract: Contract  # but for what is measured on the graph
    stages: tuple[ConversionStage, ...]  # on the way to it
    output: Path
    gates: tuple[GateResult, ...] = ()  # that were asked on the way
    rank_drop: float | None = None  # points of AUC that may be lost; None: not asked
    kept: bool = False  # whether the numbers of a foreign graph were kept, whatever was asked for
    note: str = _NOTE  # on what is measured


def finish(converted: Converted, validation: Validation, config: ConvertConfig) -> ConvertResult:
    """Describe, measure and pack a graph, and write it if every gate passes.

    `GateError` where LiteRT cannot load it, or its scores are no numbers.
    """
    contract = converted.contract
    graph = attach_metadata(converted.graph, contract, config.io)
    interpreter = load_interpreter(graph, config.threads)
    p_fake = validation.pool_rows(interpreter.predict(validation.images_u8)[:, 1])
    kind = "wrapped" if converted.kept else str(config.quantization)
    if not np.isfinite(p_fake).all():
        raise GateError(f"the {kind} graph gives scores that are no numbers; nothing was written")
    stages = (*converted.stages, ConversionStage(name=f"{kind} .tflite", p_fake=p_fake))
    contract = replace(contract, measured=_measure(p_fake, validation, converted))
    packed = pack_model(graph, contract)
    gates = (
        check_graph(read_graph(graph), None if converted.kept else config.quantization, config.io),
        *converted.gates,
        *compare_stages(stages, validation.labels, contract.decision),
        check_drop(stages, validation.labels, contract.decision, config.allow_points(len(validation.labels))),
        *check_ranking(stages, validation.labels, converted.rank_drop),
        check_delegation(interpreter.delegation()),
        check_file(packed, contract),
    )
    result = ConvertResult(
        output=converted.output,
        gates=gates,
        contract=contract,
        size_bytes=len(packed),
        gzip_bytes=count_gzip_bytes(packed),
    )
    if result.passed:
        write_atomic(result.output, packed)
    return result


def load_interpreter(graph: bytes, threads: int) -> Interpreter:
    """Return a graph that LiteRT has loaded; `GateError` where it cannot."""
    try:
        check_parts(graph, _REMEDY)  # LiteRT trusts what it is given, and some of it ends the process
        return Interpreter(graph, threads)
    except ModelError as error:
        raise GateError(f"{error}; nothing was written") from error


def _measure(p_fake: Scores, validation: Validation, converted: Converted) -> tuple[Measurement, ...]:
    labels, contract = validation.labels, converted.contract
    correct, shown = count_correct(p_fake, labels, contract.decision), validation.shown
    twice = "" if shown == len(labels) else "; each picture as it is and recompressed"
    figures = {
        "accuracy": wilson_interval(correct * shown / len(labels), shown),
        "auc": bootstrap_interval(roc_auc, labels, p_fake, validation.pictures),
    }
    data = ", ".join(source.name for source in contract.training.data)
    return tuple(
        Measurement(
            metric=metric,
            value=interval.value,
            low=interval.low,
            high=interval.high,
            n=shown,
            data=data,
            split=_SPLIT,
            note=converted.note + twice,
        )
        for metric, interval in figures.items()
    )
