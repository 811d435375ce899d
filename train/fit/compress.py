"""Pruning and quantization-aware training as steps over a trained float model (TFMOT)."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras as keras

from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.config import FitConfig, Optimizer, TrainConfig
from fakelens.train.data.epoch import count_steps
from fakelens.train.fit.fold import BYTE_SCALE
from fakelens.train.fit.loop import Examples, Stage, fit_stage

_RANGE_IMAGES = 512
_PARAMETERS = ("kernel", "depthwise_kernel", "bias", "gamma", "beta")


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


def prune(model: Any, examples: Examples, config: TrainConfig, stage: Stage) -> Any:
    """Return `model` pruned to the configured sparsity, fine-tuned and stripped.

    Polynomial schedule of Zhu & Gupta 2017. Only epochs at full sparsity may be kept.
    """
    epochs = config.prune.epochs
    steps = count_steps(
        len(examples.images) * stage.fit.repeats, min(stage.fit.batch_size, len(examples.images))
    )
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
    fit = _tune(stage.fit, epochs, config.prune.learning_rate)
    first_full = min(epochs, ramp_steps // steps + 2)
    fit_stage(
        wrapped,
        examples,
        replace(stage, fit=fit, keep_from=first_full, after_epoch=lambda: masking.on_epoch_end(0)),
    )
    stripped = tfmot.sparsity.keras.strip_pruning(wrapped)
    # Its layers still belong to the graphs before and inside the wrappers too: a clone is one clean graph.
    pruned = keras.models.clone_model(stripped)
    pruned.set_weights(stripped.get_weights())
    return pruned


def quantize_aware(model: Any, examples: Examples, config: TrainConfig, stage: Stage) -> Any:
    """Return `model` with trained quantizers (Jacob et al. 2018); the zeros of a pruned model stay zeros."""
    # TFMOT's prune-preserving scheme loses the zeros of a convolution followed by a plain ReLU, so the loop
    # keeps them itself; symmetric weight quantization maps zero to zero.
    quantized = tfmot.quantization.keras.quantize_model(model)
    _set_ranges(quantized, model, examples.images[:_RANGE_IMAGES])
    fit = _tune(stage.fit, config.qat.epochs, config.qat.learning_rate)
    fit_stage(quantized, examples, replace(stage, fit=fit, keep_zeros=bool(config.prune.sparsity)))
    return quantized


def measure_layer_sparsity(model: Any) -> tuple[LayerSparsity, ...]:
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


def _tune(fit: FitConfig, epochs: int, learning_rate: float) -> FitConfig:
    """Return `fit` for a trained network: nothing that helps only at the start, no image left out."""
    return replace(
        fit,
        epochs=epochs,
        learning_rate=learning_rate,
        optimizer=Optimizer.ADAMW,
        skip_easy=0.0,
        crop=0,
        ema=0.0,
        warmup_epochs=0.0,
        patience=0,
    )


def _set_ranges(quantized: Any, model: Any, images_u8: ImageU8) -> None:
    """Start each activation quantizer of `quantized` from the range seen in the float `model`.

    TFMOT starts them all at -6..6 and lets them follow by a slow average, which takes thousands of steps.
    """
    outputs = {layer.name: layer.output for layer in model.layers}
    wanted: dict[str, dict[str, Any]] = {}
    for layer in quantized.layers:
        name = layer.name.removeprefix("quant_")
        ranges = {
            end: v for v in layer.weights for end in ("min", "max") if _is_activation_range(v.name, end)
        }
        if name in outputs and len(ranges) == len(("min", "max")):
            wanted[name] = ranges
    probe = keras.Model(model.input, [outputs[name] for name in wanted])
    seen = probe(tf.cast(images_u8, tf.float32) * BYTE_SCALE, training=False)
    for ranges, values in zip(wanted.values(), seen if len(wanted) > 1 else [seen], strict=True):
        ranges["min"].assign(tf.minimum(tf.reduce_min(values), 0.0))  # zero must be exact
        ranges["max"].assign(tf.reduce_max(values))


def _is_activation_range(name: str, end: str) -> bool:
    return name.split("/")[-1].split(":")[0] in (f"output_{end}", f"post_activation_{end}")


def overall_sparsity(layers: tuple[LayerSparsity, ...]) -> float:
    """Return the share of zeros among all kernels' weights."""
    return sum(layer.zeros for layer in layers) / sum(layer.weights for layer in layers)


def count_parameters(model: Any) -> int:
    """Return how many numbers training set or kept: no statistics, and nothing of quantizers."""
    named = [(v.name.split("/")[-1].split(":")[0], v) for v in model.weights]
    return sum(int(np.prod(v.shape)) for name, v in named if name in _PARAMETERS)
