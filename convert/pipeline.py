"""One conversion from end to end: read, convert, describe, measure, pack, check, write."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fakelens.benchmarks.metrics import bootstrap_interval, roc_auc, wilson_interval
from fakelens.convert.calibration import load_calibration
from fakelens.convert.choice import Attempt, choose_attempt, describe_choice
from fakelens.convert.network import check_quantizers, load_network, predict
from fakelens.convert.recipes import ConvertConfig, Io, Quantization
from fakelens.convert.run import Run, Validation, read_run, read_validation
from fakelens.convert.tflite import convert_network
from fakelens.convert.tflite_metadata.write import attach_metadata
from fakelens.convert.verify import (
    ConversionStage,
    GateResult,
    Scores,
    check_delegation,
    check_drop,
    check_file,
    check_graph,
    compare_stages,
    count_correct,
)
from fakelens.edge_runtime.contract import Contract, Measurement
from fakelens.edge_runtime.errors import GateError, ModelError, RunError
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.graph import read_graph
from fakelens.edge_runtime.info import count_gzip_bytes
from fakelens.edge_runtime.interpreter import Interpreter
from fakelens.edge_runtime.modelfile import pack_model
from fakelens.edge_runtime.preprocess import ImageU8

_SPLIT = "validation"
_NOTE = "the split that also chose epoch, temperature and threshold"


@dataclass(frozen=True, kw_only=True)
class ConvertResult:
    """What a conversion came to; `output` exists only if it `passed`."""

    output: Path
    gates: tuple[GateResult, ...]
    contract: Contract
    size_bytes: int
    gzip_bytes: int

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
    kept: bool = False  # whether the numbers of a foreign graph were kept, whatever was asked for
    note: str = _NOTE  # on what is measured


def convert_run(config: ConvertConfig) -> ConvertResult:
    """Convert a run to one model file, written only if every gate passes.

    Raises `RunError` where the run cannot be used, `GateError` where LiteRT cannot load the graph.
    """
    run = read_run(config.run)
    validation = read_validation(run)
    return finish(_convert(run, validation, config), validation, config)


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
        check_drop(stages, validation.labels, contract.decision, config.max_drop),
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


def _convert(run: Run, validation: Validation, config: ConvertConfig) -> Converted:
    """Return the graph of a run with the stages on the way to it."""
    parent = load_network(run.float_model, run)
    p_keras = validation.pool_rows(predict(parent, validation.images_u8)[:, 1])
    if not np.isfinite(p_keras).all():
        raise RunError(
            f"{run.float_model}: gives scores that are no numbers, training diverged; "
            "train again with a lower learning rate"
        )
    keras_stage = ConversionStage(name="keras", p_fake=p_keras)
    if config.quantization is not Quantization.INT8:
        contract = _name_contract(run, config, aware=False)
        return Converted(
            graph=convert_network(parent, config.quantization, config.io),
            contract=contract,
            stages=(keras_stage,),
            output=config.output or _default_output(config, contract),
        )
    calibration = load_calibration(run)
    float_graph = convert_network(parent, Quantization.FLOAT32, Io.UINT8)
    p_float = _score(float_graph, validation, config)
    attempts = [_quantize(parent, None, calibration, validation, config)]
    decision = run.contract.decision
    if run.quantization_aware:
        network = load_network(run.model, run)
        check_quantizers(network, run.model)
        attempts.insert(0, _quantize(network, "as trained", calibration, validation, config))
    elif attempts[0].lose(p_keras, validation.labels, decision) > config.max_drop:
        from fakelens.convert.aware import train_aware  # takes a while: where it is needed alone

        network = train_aware(parent, calibration, run.contract.training.seed)
        if network is not None:
            attempts.append(_quantize(network, "trained now", calibration, validation, config))
    chosen = choose_attempt(attempts, p_keras, validation.labels, decision, config.max_drop)
    stages = [keras_stage, ConversionStage(name="float .tflite", p_fake=p_float)]
    if chosen.p_network is not None:
        # Trained on after its float parent, it differs from that; what the file must agree with is this one.
        stages.append(ConversionStage(name="keras, quantization-aware", p_fake=chosen.p_network))
    contract = _name_contract(run, config, aware=chosen.aware is not None)
    return Converted(
        graph=chosen.graph,
        contract=contract,
        stages=tuple(stages),
        output=config.output or _default_output(config, contract),
        gates=(describe_choice(attempts, chosen, p_keras, validation.labels, decision),),
    )


def _quantize(
    network: Any, aware: str | None, calibration: ImageU8, validation: Validation, config: ConvertConfig
) -> Attempt:
    """Return the int8 graph of `network` and what it says of the validation images."""
    graph = convert_network(network, Quantization.INT8, config.io, calibration)
    p_network = None
    if aware is not None:
        p_network = validation.pool_rows(predict(network, validation.images_u8)[:, 1])
    return Attempt(graph=graph, p_fake=_score(graph, validation, config), aware=aware, p_network=p_network)


def _score(graph: bytes, validation: Validation, config: ConvertConfig) -> Scores:
    rows = load_interpreter(graph, config.threads).predict(validation.images_u8)[:, 1]
    return validation.pool_rows(rows)


def load_interpreter(graph: bytes, threads: int) -> Interpreter:
    """Return a graph that LiteRT has loaded; `GateError` where it cannot."""
    try:
        return Interpreter(graph, threads)
    except ModelError as error:
        raise GateError(f"{error}; nothing was written") from error


def _name_contract(run: Run, config: ConvertConfig, *, aware: bool) -> Contract:
    # Only int8 knows of quantization in training; the float formats are made from the parent.
    training = replace(run.contract.training, quantization=str(config.quantization), quantization_aware=aware)
    return replace(run.contract, name=config.name or run.contract.name, training=training)


def _measure(p_fake: Scores, validation: Validation, converted: Converted) -> tuple[Measurement, ...]:
    labels, contract = validation.labels, converted.contract
    correct = count_correct(p_fake, labels, contract.decision)
    figures = {
        "accuracy": wilson_interval(correct, len(labels)),
        "auc": bootstrap_interval(roc_auc, labels, p_fake),
    }
    data = ", ".join(source.name for source in contract.training.data)
    return tuple(
        Measurement(
            metric=metric,
            value=interval.value,
            low=interval.low,
            high=interval.high,
            n=len(labels),
            data=data,
            split=_SPLIT,
            note=converted.note,
        )
        for metric, interval in figures.items()
    )


def _default_output(config: ConvertConfig, contract: Contract) -> Path:
    twin = "-float-io" if config.io is Io.FLOAT else ""
    return config.run / f"{contract.name}-{config.quantization}{twin}.tflite"
