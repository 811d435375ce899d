"""Real pictures and made copies, in turn, the same ones every time."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from fakelens.edge_runtime.live.sources import scenes
from fakelens.edge_runtime.live.sources.scenes import Scenes, list_photos


@pytest.mark.parametrize("photos", [True, False], ids=["photos", "clouds"])
def test_a_made_copy_follows_each_picture(photos: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not photos:
        monkeypatch.setattr(scenes, "_PHOTOS", {})
    elif not list_photos():
        pytest.skip("needs scikit-image or scikit-learn")
    shown = Scenes(160, 120, seed=0)
    real, made, after = (shown.view(number, 0).astype(int) for number in (0, 1, 2))
    assert real.shape == made.shape == after.shape == (120, 160, 3)
    assert 0.2 < np.abs(real - made).mean() < 20  # the same scene, not the same pixels
    assert np.abs(real - after).mean() > 20
    fine = [np.abs(np.diff(picture, axis=1)).mean() for picture in (real, made)]
    assert fine[1] < fine[0]
    assert np.array_equal(Scenes(160, 120, seed=0).view(2, 0), after)


def test_the_view_moves_and_comes_back() -> None:
    shown = Scenes(64, 48, seed=0)
    views = [shown.view(0, step) for step in range(49)]
    assert all(not np.array_equal(before, after) for before, after in pairwise(views))
    assert np.array_equal(views[0], views[48])


def test_photos_that_a_release_leaves_out_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "_PHOTOS", {"numpy": ("data/none.png",), "no_such_package": ("a.png",)})
    assert list_photos() == []
    assert Path(scenes.__file__).is_file()
