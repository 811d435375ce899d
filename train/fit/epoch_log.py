"""TensorBoard's log of a stage: a point of each figure after every epoch."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf

from fakelens.edge_runtime.errors import RunError
from fakelens.train.fit.checkpoint import Epoch

_FIGURES = ("loss", "val_loss", "val_accuracy", "learning_rate", "steps_per_s")


class EpochLog:
    """A log in `folder`; `RunError` where it cannot be written, as on a full disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with self._explained():
            self._writer = tf.summary.create_file_writer(str(folder))

    def add(self, epoch: Epoch) -> None:
        """Write the figures of `epoch`."""
        with self._explained(), self._writer.as_default(step=epoch.number):
            for name in _FIGURES:
                tf.summary.scalar(name, getattr(epoch, name))
            self._writer.flush()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except tf.errors.OpError as error:  # TensorFlow knows no OSError
            raise RunError(
                f"{self._folder}: {_find_reason(error)} and go on with `fakelens train --resume -o RUN`"
            ) from error


def _find_reason(error: "tf.errors.OpError") -> str:
    if os.strerror(errno.ENOSPC) in str(error):
        return "the disk is full; free some space"
    said = " ".join(str(error).rpartition("}} ")[2].partition(" [Op:")[0].split())  # between its own names
    return f"the log of the epochs cannot be written ({said}); see to its rights and space"
