"""A labelled set whose figures under the brightness model are known by arithmetic."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def data(tmp_path: Path, save_grey: Callable[[Path, int], Path]) -> Path:
    """A test split of 10 reals and 10 fakes: 1 real bright, 2 fakes dark, 1 fake on the fence.

    Right: 9 reals and 8 fakes, 17 of 20. UNSURE: 1 fake (grey 130, P(fake) .53), which was right.
    """
    reals = [20, 30, 40, 50, 60, 70, 80, 90, 100, 200]
    fakes = [130, 40, 90, 170, 180, 190, 210, 220, 230, 240]
    for folder, levels in (("REAL", reals), ("FAKE", fakes)):
        for number, level in enumerate(levels):
            save_grey(tmp_path / "greys" / "test" / folder / f"{number} (1).png", level)
    return tmp_path / "greys"
