import hashlib
from pathlib import Path

import pytest
from PIL import Image

from fakelens.benchmarks.timing.pictures import find_pictures, make_pictures
from fakelens.edge_runtime.modelfile.contract import Fit, InputSpec


def digest(folder: Path) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.jpg"))]


def test_pictures_are_always_the_same_and_no_two_alike(tmp_path: Path) -> None:
    make_pictures(tmp_path / "a", 5, 48, 40)
    make_pictures(tmp_path / "b", 5, 48, 40)
    make_pictures(tmp_path / "c", 5, 48, 40, seed=1)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert len({*digest(tmp_path / "a"), *digest(tmp_path / "c")}) == 10
    assert Image.open(tmp_path / "a" / "0000.jpg").size == (48, 40)


def test_a_model_gets_pictures_that_nobody_needs_to_resize(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKELENS_CACHE", str(tmp_path))
    small = find_pictures(InputSpec(size=16), 3)
    assert {Image.open(path).size for path in small.iterdir()} == {(16, 16)}
    photo = find_pictures(InputSpec(size=16, fit=Fit.TILES, tiles=4), 1)
    assert Image.open(next(photo.iterdir())).size == (1024, 768)
    made = [path.stat().st_mtime_ns for path in sorted(small.iterdir())]
    assert find_pictures(InputSpec(size=16), 3) == small
    assert [path.stat().st_mtime_ns for path in sorted(small.iterdir())] == made
