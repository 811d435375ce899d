"""One conversion from end to end: read, convert, describe, measure, pack, check, write."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fakelens.benchmarks.metrics import bootstrap_interval, roc_auc, wilson_interval
from fakelens.convert.calibration import load_calibration
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


def convert_run(config: ConvertConfig) -> ConvertResult:
    """Convert a run to one model file, written only if every gate passes.

    Raises `RunError` where the run cannot be used, `GateError` where LiteRT cannot load the graph.
    """
    run = read_run(config.run)
    validation = read_validation(run)
    contract = _name_contract(run, config)
    graph, stages = _convert(run, validation, config)
    graph = attach_metadata(graph, contract, config.io)
    interpreter = _load(graph, config.threads)
    p_fake = validation.pool_rows(interpreter.predict(validation.images_u8)[:, 1])
    if not np.isfinite(p_fake).all():
        raise GateError(
            f"the {config.quantization} graph gives scores that are no numbers; nothing was written"
        )
    stages = (*stages, ConversionStage(name=f"{config.quantization} .tflite", p_fake=p_fake))
    contract = replace(contract, measured=_measure(p_fake, validation, contract))
    packed = pack_model(graph, contract)
    gates = (
        check_graph(read_graph(graph), config.quantization, config.io),
        *compare_stages(stages, validation.labels, contract.decision),
        check_drop(stages, validation.labels, contract.decision, config.max_drop),
        check_delegation(interpreter.delegation()),
        check_file(packed, contract),
    )
    result = ConvertResult(
        output=config.output or _default_output(config, contract),
        gates=gates,
        contract=contract,
        size_bytes=len(packed),
        gzip_bytes=count_gzip_bytes(packed),
    )
    if result.passed:
        write_atomic(result.output, packed)
    return result


def _convert(
    run: Run, validation: Validation, config: ConvertConfig
) -> tuple[bytes, tuple[ConversionStage, ...]]:
    """Return the graph and the stages on the way to it."""
    integer = config.quantization is Quantization.INT8
    calibration = load_calibration(run) if integer else None
    parent = load_network(run.float_model, run)
    p_keras = validation.pool_rows(predict(parent, validation.images_u8)[:, 1])
    if not np.isfinite(p_keras).all():
        raise RunError(
            f"{run.float_model}: gives scores that are no numbers, training diverged; "
            "train again with a lower learning rate"
        )
    keras_stage = ConversionStage(name="keras", p_fake=p_keras)
    if not integer:
        return convert_network(parent, config.quantization, config.io), (keras_stage,)
    float_graph = convert_network(parent, Quantization.FLOAT32, Io.UINT8)
    p_float = validation.pool_rows(_load(float_graph, config.threads).predict(validation.images_u8)[:, 1])
    stages = keras_stage, ConversionStage(name="float .tflite", p_fake=p_float)
    if not run.quantization_aware:
        return convert_network(parent, config.quantization, config.io, calibration), stages
    network = load_network(run.model, run)
    check_quantizers(network, run.model)
    # Trained on after its float parent, it differs from that; what the file must agree with is this one.
    p_aware = validation.pool_rows(predict(network, validation.images_u8)[:, 1])
    graph = convert_network(network, config.quantization, config.io, calibration)
    return graph, (*stages, ConversionStage(name="keras, quantization-aware", p_fake=p_aware))


def _load(graph: bytes, threads: int) -> Interpreter:
    try:
        return Interpreter(graph, threads)
    except ModelError as error:
        raise GateError(f"{error}; nothing was written") from error


def _name_contract(run: Run, config: ConvertConfig) -> Contract:
    training = replace(
        run.contract.training,
        quantization=str(config.quantization),
        # The float formats are made from the parent that knew no quantization.
        quantization_aware=run.quantization_aware and config.quantization is Quantization.INT8,
    )
    return replace(run.contract, name=config.name or run.contract.name, training=training)


def _measure(p_fake: Scores, validation: Validation, contract: Contract) -> tuple[Measurement, ...]:
    labels = validation.labels
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
            note=_NOTE,
        )
        for metric, interval in figures.items()
    )


def _default_output(config: ConvertConfig, contract: Contract) -> Path:
    twin = "-float-io" if config.io is Io.FLOAT else ""
    return config.run / f"{contract.name}-{config.quantization}{twin}.tflite"
