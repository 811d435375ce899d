"""The one fit loop: every stage (float, pruning, quantization-aware) and every network goes through it.

AdamW (Loshchilov & Hutter 2019) on a cosine schedule with linear warm-up. Evaluated and kept are the
exponential moving average of the weights or the raw ones, of the epoch with the lowest validation loss.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fakelens.benchmarks.metrics import log_loss
from fakelens.train.config import AugmentConfig, FitConfig
from fakelens.train.data.batches import join_batches, open_batches
from fakelens.train.data.epoch import Floats
from fakelens.train.data.image_rows import Images
from fakelens.train.distributed import SOLO, EpochSpec, Team, plan_shares
from fakelens.train.fit.checkpoint import Epoch, StageState, load_state, save_state
from fakelens.train.fit.epoch_log import EpochLog
from fakelens.train.fit.interrupts import postponed_interrupts
from fakelens.train.fit.optimizer import build_optimizer, learning_rate_at
from fakelens.train.fit.remaining import RemainingTime, show_steps

_log = logging.getLogger(__name__)
_EVAL_BATCH, _EVAL_PIXELS = 500, 1_600_000  # of a forward pass: large pictures would take gigabytes
_SMALLEST = 1e-7  # probability, inside the logarithm
_CLASSES = 2

Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Examples:
    """What a stage learns from and is judged by."""

    images: Images  # uint8 [n, size, size, 3]
    labels: Labels  # [n], 1 is fake
    targets: Floats  # [n], P(fake) to learn: the labels, or softer ones from a teacher
    class_weights: npt.NDArray[np.float32]  # [2]
    val_images: Images
    val_labels: Labels
    weights: Floats | None = None  # [n], of their losses beside those of the classes; None: 1


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One pass of the loop over a model."""

    name: str
    fit: FitConfig
    augment: AugmentConfig
    seed: int
    folder: Path  # of the checkpoint and the TensorBoard log
    keep_from: int = 1  # first epoch whose weights may be kept: pruning needs its sparsity complete
    keep_zeros: bool = False  # whether kernel weights that are zero at the start stay zero
    after_epoch: Callable[[], None] | None = None  # called before the weights are judged
    epochs_after: int = 0  # of the stages that follow
    team: Team = SOLO  # the processes that do it together

    @property
    def checkpoint(self) -> Path:
        """Where the state between two epochs is kept."""
        return self.folder / f"{self.name}.npz"


def fit_stage(model: Any, examples: Examples, stage: Stage) -> StageState:
    """Train `model` in place, going on from the stage's checkpoint where there is one; return its end state.

    `model` takes images in 0..1 and returns probabilities [n, 2]. It ends with the weights kept.
    """
    return FitLoop(model, examples, stage).run()


def predict(model: Any, images_u8: Images, scale: float = 1.0) -> npt.NDArray[np.float64]:
    """Return P(fake) [n] of `model` on `images_u8` times `scale` (1/255 before the scale is folded in)."""
    return _run_forward(_compile_forward(model, scale), images_u8)


def size_batch(images_u8: Images) -> int:
    """Return how many of `images_u8` [n, height, width, 3] a forward pass takes."""
    return min(_EVAL_BATCH, max(1, _EVAL_PIXELS // (images_u8.shape[1] * images_u8.shape[2])))


class FitLoop:
    """The loop over one model: compiled step, optimizer, moving average."""

    def __init__(self, model: Any, examples: Examples, stage: Stage) -> None:
        self.model, self.examples, self.stage = model, examples, stage
        fit, self.team = stage.fit, stage.team
        self.batch_size = self.team.round_batch(min(fit.batch_size, len(examples.images)))
        self.shares = self.team.split(examples.images)
        self.team.share_weights(model)
        self.optimizer = build_optimizer(fit)
        self.optimizer.build(model.trainable_variables)
        # Only numbers that vary smoothly can be averaged, which leaves step counters out.
        self.averaged = [v for v in model.variables if v.dtype.is_floating] if fit.ema else []
        self.average = [tf.Variable(v, trainable=False) for v in self.averaged]
        self.masks = _find_masks(model) if stage.keep_zeros else []
        self.train_step = self._compile_step()
        self.forward = _compile_forward(model, 1 / 255)
        self.clock = RemainingTime()

    def run(self) -> StageState:
        """Run or resume the stage to its end; the model ends with the weights kept.

        Ctrl-C takes effect between two steps, and after an epoch's last one once the checkpoint is written.
        """
        with postponed_interrupts() as stop_if_asked:
            return self._run(stop_if_asked)

    def _run(self, stop_if_asked: Callable[[], None]) -> StageState:
        self.team.share_file(self.stage.checkpoint)
        state = self._restore() if self.stage.checkpoint.exists() else self._start()
        if not self.stage.fit.epochs:
            self._note_weights(state)
            state.best = state.weights
            save_state(self.stage.checkpoint, state)
        log = EpochLog(self.stage.folder / "tensorboard" / self.stage.name)
        while state.epochs_done < self.stage.fit.epochs and not self._is_stalled(state):
            self._run_epoch(state, stop_if_asked)
            log.add(state.history[-1])
            save_state(self.stage.checkpoint, state)
        self.model.set_weights(state.best)
        return state

    def _run_epoch(self, state: StageState, stop_if_asked: Callable[[], None]) -> None:
        number = state.epochs_done + 1
        fit, examples = self.stage.fit, self.examples
        # A generator of its own for each epoch: a resumed run sees the very batches it would have seen.
        rngs = self._open_generators(number)
        losses = state.losses[0]
        skips = fit.skip_easy if number <= fit.skip_until * fit.epochs else 0.0
        crop = fit.crop if number <= fit.crop_until * fit.epochs else 0
        spec = EpochSpec(batch_size=self.batch_size, skip_easy=skips, repeats=fit.repeats)
        plans = plan_shares(self.team, self.shares, losses, spec, rngs)
        if examples.weights is not None:
            plans = [replace(plan, weights=plan.weights * examples.weights[plan.rows]) for plan in plans]
        rows = np.concatenate([plan.rows for plan in plans], axis=1)
        batches = join_batches(
            [
                open_batches(examples.images, examples.targets, plan, self.stage.augment, rngs[share], crop)
                for plan, share in zip(plans, self.team.here, strict=True)
            ]
        )
        start = time.perf_counter()
        total, steps = 0.0, len(rows)
        label = f"{self.stage.name} {number}/{fit.epochs}"
        after = steps * (fit.epochs - number + self.stage.epochs_after)
        for step, batch in enumerate(show_steps(batches, label, (steps, after), self.clock)):
            stop_if_asked()
            self.optimizer.learning_rate = learning_rate_at(fit, number - 1 + step / steps)
            losses[rows[step]], weighted = self.train_step(*batch)
            total += float(weighted)
            if step == 0:
                _log.debug("%s: first step done", label)
        self.team.merge_losses(losses, self.shares)
        loss = total / steps
        train_s = time.perf_counter() - start
        if self.stage.after_epoch is not None:
            self.stage.after_epoch()
        self._note_weights(state)
        val_loss, val_accuracy = self._evaluate(state, number)
        rate = self.optimizer.learning_rate
        record = Epoch(
            number=number,
            loss=loss,
            val_loss=val_loss,
            val_accuracy=val_accuracy,
            learning_rate=float(rate.numpy()),
            seconds=time.perf_counter() - start,
            steps_per_s=steps / train_s,
        )
        state.history.append(record)
        _log.info(
            "%s %d/%d  loss %.4f  val loss %.4f  val accuracy %.2f%%  %.1f steps/s  %s",
            self.stage.name,
            number,
            self.stage.fit.epochs,
            loss,
            val_loss,
            100 * val_accuracy,
            record.steps_per_s,
            self.clock.describe(after),
        )

    def _note_weights(self, state: StageState) -> None:
        state.weights = self.model.get_weights()
        state.average = [v.numpy() for v in self.average]
        state.optimizer = [v.numpy() for v in self.optimizer.variables]

    def _evaluate(self, state: StageState, number: int) -> tuple[float, float]:
        """Judge the averaged (or raw) weights on validation, keep them where they are the best so far."""
        for variable, value in zip(self.averaged, state.average, strict=True):
            variable.assign(value)
        examples = self.examples
        p_fake = self.team.predict_all(partial(_run_forward, self.forward), examples.val_images)
        val_loss = log_loss(examples.val_labels, p_fake)
        lowest = min((e.val_loss for e in state.history if e.number >= self.stage.keep_from), default=np.inf)
        if not state.best or number <= self.stage.keep_from or val_loss < lowest:
            state.best, state.best_epoch = self.model.get_weights(), number
        self.model.set_weights(state.weights)
        return val_loss, float(((p_fake >= 0.5) == examples.val_labels).mean())

    def _open_generators(self, number: int) -> list[np.random.Generator]:
        """Return one for each share; that of a process by itself is the same as ever."""
        key = [self.stage.seed, number]
        shares: list[list[int]] = (
            [[]] if self.team.count == 1 else [[share] for share in range(self.team.count)]
        )
        return [np.random.default_rng(key + share) for share in shares]

    def _is_stalled(self, state: StageState) -> bool:
        patience = self.stage.fit.patience
        if not patience or state.epochs_done - max(state.best_epoch, self.stage.keep_from) < patience:
            return False
        _log.info("%s: no better validation loss for %d epochs, stopping", self.stage.name, patience)
        return True

    def _start(self) -> StageState:
        unseen = np.full(len(self.examples.images), np.inf, np.float32)
        return StageState(
            weights=[], average=[], optimizer=[], best=[], losses=[unseen], best_epoch=0, history=[]
        )

    def _restore(self) -> StageState:
        state = load_state(self.stage.checkpoint)
        self.model.set_weights(state.weights)
        for variables, values in ((self.average, state.average), (self.optimizer.variables, state.optimizer)):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        _log.info("%s: resuming after epoch %d", self.stage.name, state.epochs_done)
        return state

    def _compile_step(self) -> Any:
        real, fake = self.examples.class_weights
        smoothing = self.stage.fit.label_smoothing
        decay = self.stage.fit.ema
        share = len(self.team.here) / self.team.count  # of the batch

        # No branch depends on a tensor: there is nothing for autograph to translate, which takes its time.
        @tf.function(reduce_retracing=True, autograph=False)
        def train_step(images: Any, targets: Any, weights: Any) -> Any:
            """Return the loss of each image, and their weighted mean, whose gradient is followed."""
            soft = targets * (1 - smoothing) + smoothing / _CLASSES
            variables = self.model.trainable_variables

            def find_gradients() -> Any:
                with tf.GradientTape() as tape:
                    probabilities = self.model(tf.cast(images, tf.float32) / 255, training=True)
                    logs = tf.math.log(tf.clip_by_value(probabilities, _SMALLEST, 1.0))
                    losses = -(1 - soft) * logs[:, 0] * real - soft * logs[:, 1] * fake
                    loss = tf.reduce_mean(losses * weights) * share
                return losses, self.team.add([loss, *tape.gradient(loss, variables)])

            losses, (loss, *gradients) = self.team.run(find_gradients)
            self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
            for kernel, mask in self.masks:
                kernel.assign(kernel * mask)
            if decay:
                done = tf.cast(self.optimizer.iterations, tf.float32)
                kept = tf.minimum(decay, (1 + done) / (10 + done))  # forgets the random start early
                for average, variable in zip(self.average, self.averaged, strict=True):
                    average.assign(kept * average + (1 - kept) * variable)
            return losses, loss

        return train_step


def _find_masks(model: Any) -> list[tuple[Any, Any]]:
    """Return each kernel that has zeros with its mask of the others."""
    kernels = [v for v in model.trainable_variables if v.name.split("/")[-1].startswith("kernel:")]
    masks = [(kernel, tf.cast(kernel != 0, kernel.dtype)) for kernel in kernels]
    return [(kernel, mask) for kernel, mask in masks if not tf.reduce_all(mask == 1)]


def _compile_forward(model: Any, scale: float) -> Any:
    @tf.function(reduce_retracing=True, autograph=False)
    def forward(images: Any) -> Any:
        return model(tf.cast(images, tf.float32) * scale, training=False)

    return forward


def _run_forward(forward: Any, images_u8: Images) -> npt.NDArray[np.float64]:
    batch = size_batch(images_u8)
    parts = [
        forward(tf.constant(images_u8[start : start + batch])).numpy()[:, 1]
        for start in range(0, len(images_u8), batch)
    ]
    return np.concatenate(parts).astype(np.float64)
