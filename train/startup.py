"""Start-up of this package's commands: TensorFlow checked and loaded quietly, logging set up."""

import logging

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
    with muted_stderr():
        import tensorflow as tf

        with without_keras_3():
            import tensorflow_model_optimization  # noqa: F401

        tf.config.list_logical_devices()  # looks for a GPU now, and talks about it


def show_log() -> None:
    """Let the log of fakelens reach the user, on stderr."""
    logging.basicConfig(format="%(message)s")
    logging.getLogger("fakelens").setLevel(logging.INFO)
