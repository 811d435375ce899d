"""A training run from data to run directory: fit, prune, quantization-aware training, decide, hand over.

Each stage keeps its state in RUN/checkpoints, so that a run goes on from its last complete epoch.
"""

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tf_keras as keras

from fakelens.benchmarks.labelled import Split
from fakelens.benchmarks.metrics import Metrics, evaluate
from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import ConfigError
from fakelens.edge_runtime.modelfile.contract import Pool
from fakelens.train.config import TrainConfig, describe_input
from fakelens.train.data.image_rows import Images
from fakelens.train.data.loss_weights import class_weights, weigh_images
from fakelens.train.distributed import SOLO, Team
from fakelens.train.fit.calibrate import Calibration, choose_decision, fit_calibration
from fakelens.train.fit.checkpoint import load_state
from fakelens.train.fit.clip_teacher import Known
from fakelens.train.fit.compress import (
    LayerSparsity,
    measure_layer_sparsity,
    overall_sparsity,
    prune,
    quantize_aware,
)
from fakelens.train.fit.distill import soften_labels
from fakelens.train.fit.earlier_run import open_network, take_run_weights
from fakelens.train.fit.fold import fold_calibration, fold_input_scale
from fakelens.train.fit.frozen_layers import open_layers
from fakelens.train.fit.hidden_head import train_head
from fakelens.train.fit.loop import Examples, Stage, fit_stage, predict
from fakelens.train.fit.precision import choose_policy
from fakelens.train.fit.probe import probe_head
from fakelens.train.fit.start_head import move_head
from fakelens.train.fit.synchronize import synchronize_norms
from fakelens.train.fit.untranslated import without_autograph
from fakelens.train.fit.views import average_views
from fakelens.train.networks import name_head
from fakelens.train.run import rundir
from fakelens.train.run.before_after import BeforeAfter, Tuned, compare_with_start, describe_before_after
from fakelens.train.run.job import Job
from fakelens.train.run.outcome import Outcome, judge_outcome
from fakelens.train.run.record import list_facts, make_contract
from fakelens.train.run.report import ReportData, write_report
from fakelens.train.starts.names import NOTHING, is_run, is_start
from fakelens.train.starts.start_file import read_start

_log = logging.getLogger(__name__)
_PRUNED = 0.01  # share of zeros above which they are no accident
_STAGES = ("float", "prune", "qat")
Answer = Callable[[Any, Images], npt.NDArray[np.float64]]  # of a model, P(fake) [n] of images


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """A finished run."""

    run: Path
    validation: Metrics  # of the model handed over; every choice was made on these images
    test: Metrics | None  # None where DATA leaves no test part
    sparsity: tuple[LayerSparsity, ...]
    outcome: Outcome
    start: str = ""  # what training started from
    before_after: tuple[BeforeAfter, ...] = ()  # empty where it started from nothing of ours


@without_autograph
def run_job(job: Job, team: Team = SOLO) -> TrainResult:
    """Train `job` to its end, from wherever its checkpoints stand, and fill its run directory.

    The chief of a team shares the float stage with the others, and does the rest by itself.
    """
    run, config, dataset = job.run, job.config, job.dataset
    (run / run_layout.CHECKPOINTS).mkdir(exist_ok=True)
    keras.utils.set_random_seed(config.seed)
    examples = _gather(job)
    try:
        float_model = _train_float(config, examples, replace(_stage(run, config, 0), team=team))
    except ConfigError:  # a network that cannot be built: nothing was trained, so nothing is left behind
        if not any((run / run_layout.CHECKPOINTS).iterdir()):
            shutil.rmtree(run)
        raise
    answer = _open_answers(float_model, config)
    if config.prune.sparsity:
        float_model = prune(float_model, examples, config, _stage(run, config, 1))
    model = float_model
    if config.qat.enabled:
        model = quantize_aware(float_model, examples, config, _stage(run, config, 2))
        float_model, *_ = _finish(float_model, job, predict)
        rundir.write_model(run / run_layout.FLOAT_MODEL, float_model)
    model, calibration, pool = _finish(model, job, answer)
    rundir.write_model(run / run_layout.MODEL, model)
    rundir.write_calibration(run, examples.images, examples.labels, config.seed)
    rundir.write_validation(run, examples.val_images, dataset.judge(Split.VAL), config.seed)
    return _hand_over(job, model, (calibration, pool), answer)


@without_autograph
def fit_share(job: Job, team: Team) -> None:
    """Do a share of the float stage of `job`, as one of `team` that is not the chief."""
    (job.run / run_layout.CHECKPOINTS).mkdir(exist_ok=True)
    keras.utils.set_random_seed(job.config.seed)
    _train_float(job.config, _gather(job), replace(_stage(job.run, job.config, 0), team=team))


def describe_result(result: TrainResult) -> Iterator[str]:
    """Yield what a run came to, in lines; the last one begins with the verdict."""
    for part, metrics in (("validation", result.validation), ("test", result.test)):
        if metrics is not None:
            low, high = 100 * metrics.accuracy.low, 100 * metrics.accuracy.high
            yield (
                f"{part:<11} accuracy {100 * metrics.accuracy.value:.2f}% [{low:.2f}, {high:.2f}]  "
                f"AUC {metrics.auc.value:.4f}  ECE {metrics.ece.value:.3f}  n {_count(metrics)}"
            )
    if overall_sparsity(result.sparsity) > _PRUNED:
        for layer in result.sparsity:
            yield f"{layer.layer:<24} {layer.weights:>9} weights  {100 * layer.share:5.1f}% zeros"
    yield from describe_before_after(result.start, result.before_after)
    yield f"{result.outcome.sentence}; {result.run / run_layout.REPORT}"


def _count(metrics: Metrics) -> str:
    """Return how many images there were, and how many pictures, where these were looked at twice."""
    twice = f" of {metrics.pictures} pictures, as they are and recompressed"
    return f"{metrics.n}{twice if metrics.pictures < metrics.n else ''}"


def _gather(job: Job) -> Examples:
    dataset, config = job.dataset, job.config
    images, labels = dataset.take(Split.TRAIN)
    val_images, val_labels = dataset.take(Split.VAL)
    weights = class_weights(labels)
    for split in Split:
        counts = dataset.count(split, 0), dataset.count(split, 1)
        twice = len({dataset.paths[row] for row in dataset.rows[split]}) < sum(counts)
        note = ", each picture as it is and recompressed" if twice else ""
        _log.info("%-5s %d real, %d fake%s", split, *counts, note)
    _log.info("loss weights against the imbalance of the classes: real %.3f, fake %.3f", *weights)
    targets = labels.astype(np.float32)
    sources = dataset.sources[dataset.rows[Split.TRAIN]]
    if config.distill.teachers:
        _log.info("soft labels from %s", ", ".join(config.distill.teachers))
        known = Known(labels=labels, sources=sources)
        targets = soften_labels(known, images, config)
    return Examples(
        images=images,
        labels=labels,
        targets=targets,
        class_weights=weights,
        val_images=val_images,
        val_labels=val_labels,
        weights=weigh_images(labels, sources, config.fit),
    )


def _stage(run: Path, config: TrainConfig, order: int) -> Stage:
    later = (
        config.prune.epochs if config.prune.sparsity else 0,
        config.qat.epochs if config.qat.enabled else 0,
    )
    return Stage(
        name=_STAGES[order],
        fit=config.fit,
        augment=config.augment,
        seed=config.seed + order,
        folder=run / run_layout.CHECKPOINTS,
        epochs_after=sum(later[order:]),
    )


def _train_float(config: TrainConfig, examples: Examples, stage: Stage) -> Any:
    """Return the trained float32 network; lower precision serves the arithmetic of this stage alone."""
    # Sums over processes, those of batch norm above all, need float32.
    policy = choose_policy(config.fit.precision) if stage.team.count == 1 else "float32"
    size = None if config.fit.crop else config.data.size
    keras.mixed_precision.set_global_policy(policy)
    try:
        model = _build(config, size, fresh=not stage.checkpoint.exists())
        if stage.team.count > 1:
            model = synchronize_norms(model)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    _log.info("%s, %d parameters, %s", config.network.name, model.count_params(), policy)
    if not stage.checkpoint.exists():
        _begin_head(model, config, examples)
    fit_stage(model, examples, stage)
    if config.fit.blend:
        take_run_weights(model, Path(config.network.weights), config.fit.blend)
    if policy == "float32" and size is not None and stage.team.count == 1:
        return model
    plain = _build(config, config.data.size, fresh=False)
    plain.set_weights(model.get_weights())
    return plain


def _begin_head(model: Any, config: TrainConfig, examples: Examples) -> None:
    """Let the head of `model` learn what the layers below it tell as they are, where `config` asks for it."""
    if is_run(config.network.weights) and config.fit.epochs:
        return  # its head knows what to make of the layers below
    if is_start(config.network.weights):
        if config.fit.probe:
            move_head(model, read_start(config.network.weights), examples, config.fit.probe)
    elif config.network.hidden:
        train_head(model, examples, config.head, config.seed)
    elif config.fit.probe:
        probe_head(model, examples, config.fit.probe)


def _build(config: TrainConfig, size: int | None, *, fresh: bool) -> Any:
    """Return the network with the momentum that `config` asks for; not `fresh`, its weights are to come."""
    network = config.network
    if not fresh and not is_start(network.weights):  # a start says which layers learn
        network = replace(network, weights=NOTHING)
    model = open_network(network, size)
    for layer in model.layers:
        if config.fit.norm_momentum and isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = config.fit.norm_momentum
    return model


def _open_answers(model: Any, config: TrainConfig) -> Answer:
    """Return what tells P(fake) of images: where only the head of `model` learned, what was seen is kept."""
    changes = config.fit.epochs or config.prune.sparsity or config.qat.enabled or config.network.views > 1
    if changes:
        return predict
    network = config.network  # what its head learned from was seen below the hidden layer, where it has one
    return open_layers(model, "" if is_start(network.weights) else name_head(network)).answer


def _finish(model: Any, job: Job, answer: Answer) -> tuple[Any, Calibration, Pool]:
    """Return `model` as handed over, taking bytes and calibrated on validation, its calibration and pool."""
    fold_input_scale(model)
    model = average_views(model, job.config.network.views)
    p_fake, judged = answer(model, job.dataset.take(Split.VAL)[0]), job.dataset.judge(Split.VAL)
    # A pool is a mean of logits, so what calibrates images calibrates their tiles alike.
    pool = judged.choose_pool(p_fake)
    calibration = fit_calibration(judged.labels, judged.pool(p_fake, pool))
    fold_calibration(model, calibration.temperature, calibration.bias)
    return model, calibration, pool


def _hand_over(job: Job, model: Any, calibrated: tuple[Calibration, Pool], answer: Answer) -> TrainResult:
    """Decide on validation, measure, and write report and record."""
    calibration, pool = calibrated
    run, config, dataset = job.run, job.config, job.dataset
    judged = dataset.judge(Split.VAL)
    p_rows = answer(model, dataset.take(Split.VAL)[0])
    labels, p_fake = judged.labels, judged.pool(p_rows, pool)
    decision = choose_decision(labels, p_fake, config.decision)
    validation = evaluate(labels, p_fake, decision.threshold, judged.pictures)
    test, p_test = None, None
    if config.data.score_test and len(dataset.rows[Split.TEST]):
        tested = dataset.judge(Split.TEST)
        if len(np.unique(tested.labels)) > 1:
            p_test = tested.pool(answer(model, dataset.take(Split.TEST)[0]), pool)
            test = evaluate(tested.labels, p_test, decision.threshold, tested.pictures)
    sparsity = measure_layer_sparsity(model)
    contract = make_contract(job, model, calibration, describe_input(config.data, pool), decision)
    compared: tuple[BeforeAfter, ...] = ()
    if is_start(config.network.weights):
        tuned = Tuned(answer=partial(answer, model), decision=decision, pool=pool)
        compared = compare_with_start(config, dataset, tuned)
    history = {
        name: load_state(path).history
        for name in _STAGES
        if (path := run / run_layout.CHECKPOINTS / f"{name}.npz").exists()
    }
    report = ReportData(
        config=config, contract=contract, dataset=dataset, history=history, sparsity=sparsity,
        p_fake=p_fake, validation=validation, test=test,
        outcome=judge_outcome(
            dataset, validation, test, at_bound=calibration.at_bound, leak=rundir.read_leak(run)
        ),
        run=run.resolve().name, p_test=p_test, before_after=compared,
    )  # fmt: skip
    write_report(run, report)
    rundir.write_record(
        run, contract, quantization_aware=config.qat.enabled, facts=list_facts(history, report)
    )
    return TrainResult(
        run=run, validation=validation, test=test, sparsity=sparsity, outcome=report.outcome,
        start=config.network.weights, before_after=compared,
    )  # fmt: skip
