"""The study of how long a page of many pictures takes to open."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.benchmarks.studies.chromium import open_chromium
from fakelens.benchmarks.studies.open_page import measure_opening, write_page
from fakelens.edge_runtime.errors import UsageError


def test_a_folder_without_pictures_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no images in this folder"):
        write_page(tmp_path, tmp_path / "page.html", 3)


@pytest.mark.slow
def test_an_opening_is_measured(tmp_path: Path, save_grey: Callable[[Path, int], Path]) -> None:
    pytest.importorskip("playwright", reason="needs the extra dev")
    if not shutil.which("chromium"):
        pytest.skip("needs Chromium: apt-get install chromium")
    save_grey(tmp_path / "pictures" / "grey.png", 90)
    write_page(tmp_path / "pictures", tmp_path / "page.html", 200)
    with open_chromium() as browser:
        opening = measure_opening(browser, tmp_path / "page.html")
    assert opening.cards == 200
    assert 3 <= opening.drawn < 100  # those near the screen
    assert 0 < opening.painted_s < 30
    assert 0 < opening.loaded_s < 30
    assert 0 < opening.work_s < 10
