"""The conversion of a run: read, quantize as it suits, and hand over to the gates."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fakelens.convert.aware import AwarePlan, find_aware, plan_aware
from fakelens.convert.calibration import load_calibration
from fakelens.convert.choice import Attempt, choose_attempt, describe_choice
from fakelens.convert.finish import Converted, ConvertResult, finish, load_interpreter
from fakelens.convert.network import check_quantizers, load_network, predict
from fakelens.convert.recipes import ConvertConfig, Io, Quantization, prepare_output
from fakelens.convert.run import Run, Validation, read_run, read_validation
from fakelens.convert.tflite import convert_network, quantize_network
from fakelens.convert.verify import ConversionStage, Scores
from fakelens.edge_runtime.errors import RunError
from fakelens.edge_runtime.modelfile.contract import Contract
from fakelens.edge_runtime.pictures.preprocess import ImageU8

_ALL_LOSE = "all lose more: allow it with --max-drop, or convert with --float16"


def convert_run(config: ConvertConfig) -> ConvertResult:
    """Convert a run to one model file, written only if every gate passes.

    Where plain int8 loses too much, the result has a plan for training the quantization-aware stage. Raises
    `RunError` where the run cannot be used, `GateError` where LiteRT cannot load the graph.
    """
    run = read_run(config.run)
    prepare_output(_place(config, run.contract))
    validation = read_validation(run)
    parent = load_network(run.float_model, run)
    p_keras = validation.pool_rows(predict(parent, validation.images_u8)[:, 1])
    if not np.isfinite(p_keras).all():
        raise RunError(
            f"{run.float_model}: gives scores that are no numbers, training diverged; "
            "train again with a lower learning rate"
        )
    keras_stage = ConversionStage(name="keras", p_fake=p_keras, decision=run.contract.decision)
    if config.quantization is Quantization.INT8:
        converted, plan = _convert_to_int8(run, parent, keras_stage, validation, config)
    else:
        contract = _name_contract(run.contract, config, aware=False)
        graph, output = convert_network(parent, config.quantization, config.io), _place(config, contract)
        converted = Converted(graph=graph, contract=contract, stages=(keras_stage,), output=output)
        plan = None
    pool = converted.contract.input.pool  # a run of its own may have chosen another
    return replace(finish(converted, replace(validation, pool=pool), config), plan=plan)


def _convert_to_int8(
    run: Run, parent: Any, keras_stage: ConversionStage, validation: Validation, config: ConvertConfig
) -> tuple[Converted, AwarePlan | None]:
    """Return the int8 graph that is to be taken, and what training would help where it loses too much."""
    calibration = load_calibration(run)
    p_float = _score(convert_network(parent, Quantization.FLOAT32, Io.UINT8), validation, config)
    attempts = [_quantize(parent, None, calibration, validation, config)]
    known = (keras_stage.p_fake, validation.labels, run.contract.decision)
    if run.quantization_aware:
        network = load_network(run.model, run)
        check_quantizers(network, run.model)
        attempts.insert(0, _quantize(network, "as trained", calibration, validation, config))
    allowed = config.allow_points(len(validation.labels))
    loses = choose_attempt(attempts, *known, allowed).lose(*known) > allowed + 1e-9
    aware = find_aware(run) if loses and not run.quantization_aware and config.qat is not False else None
    if aware is not None:
        attempts.append(_quantize_aware(aware, calibration, validation, config))
    plan = plan_aware(run, config) if loses and aware is None and not run.quantization_aware else None
    chosen = choose_attempt(attempts, *known, allowed)
    gate = describe_choice(attempts, chosen, *known)
    advice = plan.obstacle if plan is not None else ""
    if plan is None and chosen.lose(*known) > allowed + 1e-9:
        advice = _ALL_LOSE
    gate = replace(gate, figure="; ".join(part for part in (gate.figure, advice) if part))
    stages = [keras_stage, ConversionStage(name="float .tflite", p_fake=p_float, decision=known[2])]
    if chosen.p_network is not None:
        # Trained on after its float parent, it differs from that; what the file must agree with is this one.
        stages.append(ConversionStage(name="keras, quantization-aware", p_fake=chosen.p_network))
    contract = _name_contract(chosen.contract or run.contract, config, aware=chosen.aware is not None)
    return Converted(
        graph=chosen.graph,
        contract=contract,
        stages=tuple(stages),
        output=_place(config, contract),
        gates=(gate,),
    ), plan


def _quantize_aware(
    aware: Run, calibration: ImageU8, validation: Validation, config: ConvertConfig
) -> Attempt:
    """Return the int8 graph of the quantization-aware run that was trained after a float one."""
    network = load_network(aware.model, aware)
    check_quantizers(network, aware.model)
    pooled = replace(validation, pool=aware.contract.input.pool)
    return replace(
        _quantize(network, "trained after it", calibration, pooled, config), contract=aware.contract
    )


def _quantize(
    network: Any, aware: str | None, calibration: ImageU8, validation: Validation, config: ConvertConfig
) -> Attempt:
    """Return the int8 graph of `network` and what it says of the validation images."""
    p_network = None
    if aware is None:
        graph = quantize_network(network, config.io, calibration)
    else:
        graph = convert_network(network, Quantization.INT8, config.io, calibration)
        p_network = validation.pool_rows(predict(network, validation.images_u8)[:, 1])
    return Attempt(graph=graph, p_fake=_score(graph, validation, config), aware=aware, p_network=p_network)


def _score(graph: bytes, validation: Validation, config: ConvertConfig) -> Scores:
    rows = load_interpreter(graph, config.threads).predict(validation.images_u8)[:, 1]
    return validation.pool_rows(rows)


def _name_contract(contract: Contract, config: ConvertConfig, *, aware: bool) -> Contract:
    # Only int8 knows of quantization in training; the float formats are made from the parent.
    training = replace(contract.training, quantization=str(config.quantization), quantization_aware=aware)
    return replace(contract, name=config.name or contract.name, training=training)


def _place(config: ConvertConfig, contract: Contract) -> Path:
    """Return the file to write."""
    twin = "-float-io" if config.io is Io.FLOAT else ""
    return config.output or config.run / f"{contract.name}-{config.quantization}{twin}.tflite"
