"""The conversion of a run: read, quantize as it suits, and hand over to the gates."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fakelens.convert.calibration import load_calibration
from fakelens.convert.choice import Attempt, Labels, choose_attempt, describe_choice
from fakelens.convert.finish import Converted, ConvertResult, finish, load_interpreter
from fakelens.convert.network import check_quantizers, load_network, predict
from fakelens.convert.recipes import ConvertConfig, Io, Quantization
from fakelens.convert.run import Run, Validation, read_run, read_validation
from fakelens.convert.tflite import convert_network
from fakelens.convert.verify import ConversionStage, GateResult, Scores
from fakelens.edge_runtime.errors import RunError
from fakelens.edge_runtime.modelfile.contract import Contract
from fakelens.edge_runtime.pictures.preprocess import ImageU8


def convert_run(config: ConvertConfig) -> ConvertResult:
    """Convert a run to one model file, written only if every gate passes.

    Raises `RunError` where the run cannot be used, `GateError` where LiteRT cannot load the graph.
    """
    run = read_run(config.run)
    validation = read_validation(run)
    return finish(_convert(run, validation, config), validation, config)


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
        gates=(_describe_choice(run, attempts, chosen, (p_keras, validation.labels), config),),
    )


def _describe_choice(
    run: Run, attempts: list[Attempt], chosen: Attempt, known: tuple[Scores, Labels], config: ConvertConfig
) -> GateResult:
    """Say which int8 was taken, and how to get a better one where plain loses too much and is alone."""
    gate = describe_choice(attempts, chosen, *known, run.contract.decision)
    if run.quantization_aware or chosen.lose(*known, run.contract.decision) <= config.max_drop:
        return gate
    remedy = f"`fakelens train --from {run.path} --qat -o {run.path}-qat` trains a network for eight bits"
    return replace(gate, figure=f"{gate.figure}; {remedy}")


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


def _name_contract(run: Run, config: ConvertConfig, *, aware: bool) -> Contract:
    # Only int8 knows of quantization in training; the float formats are made from the parent.
    training = replace(run.contract.training, quantization=str(config.quantization), quantization_aware=aware)
    return replace(run.contract, name=config.name or run.contract.name, training=training)


def _default_output(config: ConvertConfig, contract: Contract) -> Path:
    twin = "-float-io" if config.io is Io.FLOAT else ""
    return config.run / f"{contract.name}-{config.quantization}{twin}.tflite"
