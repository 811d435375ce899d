"""The wheel, installed where there is no TensorFlow: it holds what it should, and checks a photo."""

import json
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.convert.ship.layout import Platform
from fakelens.convert.ship.templates import find_template, list_template
from fakelens.edge_runtime.modelfile.library import DEFAULT_MODEL

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
LEFT_OUT = ("benchmarks/peers", "benchmarks/emulation")  # measure other tools and machines, from a checkout
PIP = (sys.executable, "-m", "pip", "--python")  # what follows is the Python to install into
PACKAGES = ("edge_runtime", "benchmarks", "convert", "train")
LEFTOVERS = (  # of building the kits in place
    "web/node_modules/left-pad/index.js",
    "web/dist/index.html",
    "android/fakelens/build/outputs/a.txt",
    "android/.gradle/a.bin",
    "ios/.build/debug/a.o",
)
MODELS = sorted(path.name for path in (ROOT / "edge_runtime" / "models").glob("*.tflite"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, run_pip: Callable[..., None]) -> Path:
    """Built from a copy of the source tree: one that was built in before keeps deleted files."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs the git checkout, to tell source from what was made in it")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    source, output = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():  # a deleted file is still listed until it is committed
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    for name in LEFTOVERS:
        (source / "convert" / "ship" / name).parent.mkdir(parents=True, exist_ok=True)
        (source / "convert" / "ship" / name).touch()
    run_pip(sys.executable, "-m", "build", "--wheel", "--outdir", output, source)
    (built,) = output.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory, run_pip: Callable[..., None]) -> Path:
    """The folder of programs of a new environment with nothing but the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    run_pip(*PIP, programs / "python", "install", wheel)
    return programs


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, cwd=cwd)


def is_left_out(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in LEFT_OUT)


def test_it_holds_one_namespace_and_all_its_data(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    roots = {name.split("/")[0] for name in names}
    assert roots == {"fakelens", next(root for root in roots if root.endswith(".dist-info"))}
    for package in PACKAGES:
        files = [path.relative_to(ROOT) for path in (ROOT / package).rglob("*.py")]
        sources = {f"fakelens/{path.as_posix()}" for path in files if not is_left_out(path)}
        packed = {name for name in names if name.startswith(f"fakelens/{package}/") and name.endswith(".py")}
        assert packed == sources
        assert f"fakelens/{package}/py.typed" in names
    recipes = {path.name for path in (ROOT / "train" / "recipes").glob("*.toml")}
    assert recipes
    assert {f"fakelens/train/recipes/{name}" for name in recipes} <= names
    assert "fakelens/train/run/report.html" in names
    for platform in Platform:
        template = list_template(find_template(platform))
        assert template
        assert {f"fakelens/convert/ship/{platform}/{name.as_posix()}" for name in template} <= names
    assert not {f"fakelens/convert/ship/{name}" for name in LEFTOVERS} & names
    assert {f"fakelens/edge_runtime/models/{name}" for name in MODELS} <= names
    assert any(name.endswith("/LICENSE") for name in names)


def test_the_base_install_brings_no_tensorflow_and_the_command_starts(
    environment: Path, tmp_path: Path
) -> None:
    listed = run(*PIP, environment / "python", "list", "--format", "json", cwd=tmp_path)
    installed = {package["name"].lower() for package in json.loads(listed.stdout)}
    assert "fakelens" in installed
    assert not installed & {
        "tensorflow",
        "tf-keras",
        "tf_keras",
        "keras",
        "scikit-learn",
        "matplotlib",
        "scipy",
    }
    done = run(environment / "fakelens", "--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert " check " in done.stdout


def test_training_there_is_exit_3_with_the_command_to_install_it(environment: Path, tmp_path: Path) -> None:
    done = run(environment / "fakelens", "train", "x", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.endswith(', which is not installed: pip install "fakelens[train]"\n')
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_it_checks_a_photo_with_a_model_file(environment: Path, tmp_path: Path, model_file: Path) -> None:
    Image.new("RGB", (8, 8), "white").save(tmp_path / "photo.jpg")
    done = run(environment / "fakelens", "check", "photo.jpg", "--model", model_file, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("FAKE   P(fake) 1.000  photo.jpg\n")


@pytest.mark.skipif(f"{DEFAULT_MODEL}.tflite" not in MODELS, reason="no release model is committed yet")
def test_it_checks_a_photo_with_the_model_inside(environment: Path, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.jpg")
    done = run(environment / "fakelens", "check", "photo.jpg", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert answer["path"] == "photo.jpg"
    assert answer["model"] == DEFAULT_MODEL
    assert answer["verdict"] in ("real", "fake", "unsure")


def test_it_ships_the_model_inside(environment: Path, tmp_path: Path) -> None:
    done = run(
        environment / "fakelens", "ship", DEFAULT_MODEL, "--to", "kits", "--web", "--ios", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["kits/web", "kits/ios"]
    model = (ROOT / "edge_runtime" / "models" / f"{DEFAULT_MODEL}.tflite").read_bytes()
    assert (tmp_path / "kits" / "web" / "public" / "fakelens" / "model.tflite").read_bytes() == model
    assert (tmp_path / "kits" / "ios" / "README.md").is_file()
