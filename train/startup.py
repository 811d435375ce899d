"""Start-up of this package's commands: TensorFlow checked and loaded quietly, logging set up."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.machine.quiet import muted_stderr, silence_tensorflow, without_keras_3


def require_tensorflow() -> None:
    """Raise `MissingExtraError` unless everything that training imports is installed."""
    require_extra(
        "train", "tensorflow", "tf_keras", "tensorflow_model_optimization", "sklearn", "jinja2", "tomli_w"
    )


def load_tensorflow() -> None:
    """Import TensorFlow and what goes with it, without its start-up talk."""
    silence_tensorflow()
    with without_collecting(), muted_stderr():
        import tensorflow as tf

        with without_keras_3():
            import tensorflow_model_optimization  # noqa: F401

        tf.config.list_logical_devices()  # looks for a GPU now, and talks about it
    gc.freeze()  # nor is what was loaded looked through while the first step is traced


@contextmanager
def without_collecting() -> Iterator[None]:
    """Collect no garbage while modules load: half a million objects stay, and would be looked through."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
