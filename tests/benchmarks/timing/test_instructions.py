"""Instructions of a verdict, counted by valgrind where it is installed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.benchmarks.timing.instructions import check_some, choose_span, count_verdict
from fakelens.benchmarks.timing.pictures import make_pictures
from fakelens.edge_runtime.errors import ModelError, UsageError
from fakelens.edge_runtime.modelfile.container import pack_model
from fakelens.edge_runtime.modelfile.contract import Contract, Fit, InputSpec

SIZE = 8


@pytest.fixture
def model(tmp_path: Path, build_brightness_graph: Callable[..., bytes]) -> Path:
    path = tmp_path / "brightness.tflite"
    path.write_bytes(pack_model(build_brightness_graph(), Contract(name="b", input=InputSpec(size=SIZE))))
    return path


def test_more_files_of_small_pictures_than_of_photos() -> None:
    small, photo = (choose_span(InputSpec(size=32, fit=fit, tiles=tiles)) for fit, tiles in _FITS)
    assert small.more - small.fewer > photo.more - photo.fewer > 0


_FITS = ((Fit.RESIZE, 1), (Fit.TILES, 4))


def test_what_is_counted_checks_each_file(model: Path, tmp_path: Path) -> None:
    make_pictures(tmp_path / "made", 3, SIZE, SIZE)
    check_some(str(model), "0", str(tmp_path / "made"))
    (tmp_path / "made" / "0001.jpg").write_text("no picture")
    with pytest.raises(ModelError, match="1 of its files cannot be checked"):
        check_some(str(model), "0", str(tmp_path / "made"))


def test_without_valgrind_there_is_one_line(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="apt-get install valgrind"):
        count_verdict(model)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind")
def test_a_verdict_is_counted(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKELENS_CACHE", str(tmp_path))
    assert 50_000 < count_verdict(model) < 5_000_000
