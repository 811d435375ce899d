from pathlib import Path

import numpy as np
import pytest

from fakelens.edge_runtime.errors import RunError
from fakelens.train.fit.checkpoint import Epoch, StageState, load_state, save_state

EPOCH = Epoch(
    number=1, loss=0.5, val_loss=0.4, val_accuracy=0.8, learning_rate=1e-3, seconds=2.0, steps_per_s=9.0
)


def make_state() -> StageState:
    arrays = [np.arange(3, dtype=np.float32), np.array(2, np.int64)]
    return StageState(
        weights=arrays,
        average=[],
        optimizer=arrays * 6,
        best=arrays,
        losses=arrays[:1],
        best_epoch=1,
        history=[EPOCH],
    )


def test_a_state_survives_the_disk(tmp_path: Path) -> None:
    save_state(tmp_path / "s.npz", make_state())
    back = load_state(tmp_path / "s.npz")
    assert back.history == [EPOCH]
    assert back.average == []
    assert len(back.optimizer) == 12
    for one, other in zip(back.optimizer, make_state().optimizer, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


def test_a_truncated_checkpoint_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    save_state(tmp_path / "s.npz", make_state())
    content = (tmp_path / "s.npz").read_bytes()
    (tmp_path / "s.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(RunError, match="remove it"):
        load_state(tmp_path / "s.npz")
