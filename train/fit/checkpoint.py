"""The state of a stage between two epochs, on disk: training goes on from it after any interruption."""

import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.errors import RunError
from fakelens.edge_runtime.files import name_archive_errors, write_atomic

Weights = list[npt.NDArray[np.float32]]

_PARTS = ("weights", "average", "optimizer", "best", "losses")


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """What one epoch came to; losses in nats."""

    number: int  # from 1
    loss: float
    val_loss: float
    val_accuracy: float
    learning_rate: float  # after the last step
    seconds: float
    steps_per_s: float


@dataclass(kw_only=True)
class StageState:
    """Everything that a stage needs to go on as if nothing had happened."""

    weights: Weights
    average: Weights  # exponential moving average of the weights; empty where it is off
    optimizer: Weights
    best: Weights
    losses: Weights  # one array: of each training image, when last seen
    best_epoch: int
    history: list[Epoch]

    @property
    def epochs_done(self) -> int:
        """Epochs completed so far."""
        return len(self.history)

    @property
    def diverged(self) -> bool:
        """Whether what was kept of the stage is no number any more."""
        return not all(np.isfinite(array).all() for array in self.best)


def save_state(path: Path, state: StageState) -> None:
    """Write `state` atomically."""
    arrays = {
        f"{part}.{number:04d}": array for part in _PARTS for number, array in enumerate(getattr(state, part))
    }
    facts = {"best_epoch": state.best_epoch, "history": [asdict(epoch) for epoch in state.history]}
    buffer = io.BytesIO()
    np.savez(buffer, facts=np.array(json.dumps(facts)), **arrays)
    write_atomic(path, buffer.getvalue())


def load_state(path: Path) -> StageState:
    """Read what `save_state` wrote; `RunError` for a damaged file, `PermissionError` for a locked one."""
    try:
        with np.load(path) as file:
            facts = json.loads(str(file["facts"]))
            parts = {
                part: [file[name] for name in sorted(file.files) if name.startswith(f"{part}.")]
                for part in _PARTS
            }
    except PermissionError:
        raise  # no damage: the line is of the rights
    except name_archive_errors() as error:
        raise RunError(
            f"{path}: the checkpoint is damaged ({error}); remove it to repeat the stage"
        ) from error
    history = [Epoch(**epoch) for epoch in facts["history"]]
    return StageState(best_epoch=facts["best_epoch"], history=history, **parts)
