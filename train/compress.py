"""Pruning and quantization-aware training as steps over a trained float model (TFMOT)."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow_model_optimization as tfmot

from fakelens.train.batches import count_steps
from fakelens.train.config import TrainConfig
from fakelens.train.fit import Examples, Stage, fit_stage


@dataclass(frozen=True, kw_only=True)
class LayerSparsity:
    """Zeros of one kernel."""

    layer: str
    weights: int
    zeros: int

    @property
    def share(self) -> float:
        """Zeros among the weights, 0 to 1."""
        return self.zeros / self.weights


def prune(model: Any, examples: Examples, config: TrainConfig, stage: Stage) -> Any:  # noqa: ANN401 (keras)
    """Return `model` pruned to the configured sparsity, fine-tuned and stripped.

    Polynomial schedule of Zhu & Gupta 2017. Only epochs at full sparsity may be kept.
    """
    epochs = config.prune.epochs
    steps = count_steps(len(examples.images), min(stage.fit.batch_size, len(examples.images)))
    ramp_steps = max(1, round(config.prune.ramp * epochs * steps))
    schedule = tfmot.sparsity.keras.PolynomialDecay(
        initial_sparsity=0.0,
        final_sparsity=config.prune.sparsity,
        begin_step=0,
        end_step=ramp_steps,
        frequency=max(1, ramp_steps // 50),
    )
    wrapped = tfmot.sparsity.keras.prune_low_magnitude(model, pruning_schedule=schedule)
    masking = tfmot.sparsity.keras.UpdatePruningStep()
    masking.set_model(wrapped)
    masking.on_train_begin()  # starts the step counters, without which pruning refuses to train
    fit = replace(
        stage.fit, epochs=epochs, learning_rate=config.prune.learning_rate, ema=0.0, warmup_epochs=0.0, patience=0
    )
    first_full = min(epochs, ramp_steps // steps + 2)
    fit_stage(
        wrapped,
        examples,
        replace(
            stage, fit=fit, keep_from=first_full, after_epoch=lambda: masking.on_epoch_end(0)
        ),
    )
    return tfmot.sparsity.keras.strip_pruning(wrapped)


def quantize_aware(model: Any, examples: Examples, config: TrainConfig, stage: Stage) -> Any:  # noqa: ANN401
    """Return `model` with trained quantizers (Jacob et al. 2018); the zeros of a pruned model stay zeros."""
    annotated = tfmot.quantization.keras.quantize_annotate_model(model)
    if config.prune.sparsity:
        scheme = tfmot.experimental.combine.Default8BitPrunePreserveQuantizeScheme()
        with tfmot.quantization.keras.quantize_scope():
            quantized = tfmot.quantization.keras.quantize_apply(annotated, scheme)
    else:
        quantized = tfmot.quantization.keras.quantize_apply(annotated)
    fit = replace(
        stage.fit,
        epochs=config.qat.epochs,
        learning_rate=config.qat.learning_rate,
        ema=0.0,
        warmup_epochs=0.0,
        patience=0,
    )
    fit_stage(quantized, examples, replace(stage, fit=fit))
    return quantized


def measure_sparsity(model: Any) -> tuple[LayerSparsity, ...]:  # noqa: ANN401 (a keras.Model)
    """Return the zeros in each convolution's and dense layer's kernel, in the order of the graph."""
    found = []
    for layer in model.layers:
        for variable in layer.weights:
            if variable.name.split("/")[-1].startswith("kernel:"):
                kernel = variable.numpy()
                found.append(
                    LayerSparsity(layer=layer.name, weights=kernel.size, zeros=int(np.sum(kernel == 0)))
                )
    return tuple(found)


def overall_sparsity(layers: tuple[LayerSparsity, ...]) -> float:
    """Return the share of zeros among all kernels' weights."""
    return sum(layer.zeros for layer in layers) / sum(layer.weights for layer in layers)
