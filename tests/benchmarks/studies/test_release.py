import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.studies.release import release as print_release
from fakelens.edge_runtime.modelfile.library import find_model, list_models
from tests.conftest import RunModule

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cifake(tmp_path: Path) -> Path:
    """Twelve images of noise in the layout and under the names of CIFAKE."""
    generator = np.random.default_rng(0)
    for label in ("REAL", "FAKE"):
        folder = tmp_path / "cifake" / "test" / label
        folder.mkdir(parents=True)
        for name in ("0000", "0001", "0000 (2)", "0001 (2)", "0000 (10)", "0001 (10)"):
            pixels = generator.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{name}.jpg")
    return tmp_path / "cifake"


@pytest.fixture
def release(run_module: RunModule) -> Run:
    """Run `python -m fakelens.benchmarks.studies.release`: exit code, stdout, stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        done = run_module(print_release.__module__, *arguments)
        return done.returncode, done.stdout, done.stderr

    return run


def test_every_committed_model_is_in_the_tables(release: Run, cifake: Path, tmp_path: Path) -> None:
    names = tmp_path / "copies.txt"
    names.write_text("FAKE/0001 (2).jpg\n")
    code, out, err = release("--data", cifake, "--exclude", names)
    assert (code, err) == (0, "")
    models, objects, published = out.strip().split("\n\n")
    assert "test accuracy, 12 images | without 1 duplicate |" in models
    committed = [name for name in list_models() if name.startswith("cifake")]
    assert re.findall(r"^\| `(.*?)`", models, re.MULTILINE) == committed
    for name in committed:
        assert f"| `{name}` | {find_model(name).stat().st_size / 1000:.0f} KB |" in models
        assert f"`{name}`" in objects.splitlines()[0]
    assert re.findall(r"^\| (\w+) \| 4 \|", objects, re.MULTILINE) == ["airplane", "automobile", "truck"]
    assert "ResNet-50" in published


def test_the_degraded_images_are_told_on_demand(release: Run, cifake: Path) -> None:
    code, out, _ = release("--data", cifake, "--robust", "--limit", 2)
    assert code == 0
    _, _, robust, _ = out.strip().split("\n\n")
    assert robust.startswith("| degraded by, 4 images |")
    assert "| JPEG 40 |" in robust


def test_the_plot_is_written(release: Run, cifake: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="plots need the train extra")
    path = tmp_path / "docs" / "accuracy-size.png"
    assert release("--data", cifake, "--plot", path)[0] == 0
    assert Image.open(path).format == "PNG"


def test_what_would_spoil_the_figures_ends_in_one_line(release: Run, cifake: Path, tmp_path: Path) -> None:
    for arguments, message in (
        (["--data", tmp_path / "nowhere"], "no such folder"),
        (["--data", cifake, "--models", "gone"], "no release model begins with 'gone'"),
        (["--data", cifake, "--plot", tmp_path / "plot.svg"], "ends in .png"),
        (["--data", cifake, "--limit", 0], "the limit is 0"),
    ):
        code, out, err = release(*arguments)
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        assert message in err
    (cifake / "test" / "REAL" / "0000.jpg").write_bytes(b"")
    code, out, err = release("--data", cifake)
    assert (code, out) == (2, "")
    assert "1 unread: " in err
