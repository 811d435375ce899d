"""The README and the pages: every `fakelens` command, run in their order in one folder, and every link."""

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.timing.latency import measure_latency
from fakelens.edge_runtime.main import main
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.library import DEFAULT_MODEL, find_model
from tests.conftest import RunHere

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [  # in this order: later pages use what the commands of earlier ones made
    ROOT / "README.md",
    *(DOCS / f"{name}.md" for name in ("commands", "raspberry-pi", "reproduction", "results", "index")),
]
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted(DOCS.glob("*.md"))]
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")
MODULE = re.compile(r"python -m (fakelens(?:\.\w+)+)")
MOST_LINES = 200
RESULTS = DOCS / "photo-model.md"
FIGURES = re.compile(r"(\d*\.\d+)")
KNOWN = {  # row of the README: row and column of the results
    "AUC as they are": ("AUC", 1),
    "AUC as web sites deliver them (720 px, JPEG 70)": ("AUC", 2),
    "AUC after 512 px, WebP 60 and JPEG 50": ("AUC", 3),
    "fakes called FAKE": ("fakes called FAKE", 1),
    "fakes called UNSURE": ("UNSURE of fakes", 1),
    "fakes called REAL": ("fakes called REAL", 1),
    "photos called FAKE": ("photos called FAKE", 1),
    "photos called UNSURE": ("UNSURE of photos", 1),
}
LEFT_OUT = {  # row of the README: metric of the model card
    "fakes called FAKE": "found",
    "fakes called UNSURE": "unsure_fake",
    "fakes called REAL": "missed",
    "photos called FAKE": "false_alarms",
    "photos called UNSURE": "unsure_real",
}
START_S, WATCHED_S = 60, 5
ALLOWED = {  # 3: no camera here; --compare finds another time where the machine has other work
    "--fail-on": {0, 1},
    "--compare": {0, 1},
    "fakelens watch": {0, 3},
    "fakelens serve": {0, 3},
    "fakelens doctor": {0, 1},
}
# CI runs `make demo`; `make test` is what runs beside this; what root installs stays off this machine.
ELSEWHERE = ("make ", "python3 -m venv ", "pip install ", "sudo ", "echo ")
TIMED = "fakelens bench run/model-int8.tflite cifake-quick --data unseen --threads "
WITH_TENSORFLOW = tuple(f"fakelens {name} " for name in ("audit", "convert", "synthesize", "train"))
NEEDED = {
    "fakelens serve": "serve",
    "fakelens watch": "camera",
    "fakelens audit": "train",
    "fakelens train": "train",
}
# The commands are those of the page; what takes hours there is over after an epoch here, two kinds of
# generators stand for all, three blocks for deep networks, and only the first `bench` takes times, in two
# rounds instead of five, each of a process for every model and number of threads.
SHALLOW = " --epochs 1 --set network.cut=3"
SHORTENED = {
    "fakelens train cifake --recipe cifake-residual ": " --epochs 1 --set network.stages=[8,8]",
    "fakelens train cifake --recipe cifake-teacher ": SHALLOW,
    "fakelens train cifake --recipe cifake-1m-first ": SHALLOW,
    "fakelens train cifake --recipe cifake-1m ": SHALLOW,
    "fakelens train cifake ": " --epochs 1",
    "fakelens train data ": " --epochs 2 --set prune.epochs=1 --set qat.epochs=1",
    "fakelens synthesize sources --whole ": " --generators nearest,transposed",
    "fakelens bench run/model-int8.tflite --data ": " --no-timing",
    "fakelens bench cifake-1m.tflite ": " --no-timing",
}


def list_commands(page: Path) -> list[str]:
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def write_class(folder: Path, brightness: float, count: int, size: int) -> None:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(int(brightness))
    for number in range(count):
        pixels = np.clip(rng.normal(brightness, 40, (size, size, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")


def write_clip(path: Path) -> None:
    """A second of moving noise, by the real OpenCV."""
    cv2 = pytest.importorskip("cv2", reason="the live checker needs the [camera] extra")
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (96, 64))
    rng = np.random.default_rng(0)
    for _ in range(10):
        writer.write(rng.integers(0, 256, (64, 96, 3), dtype=np.uint8))
    writer.release()


def run_for_a_while(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `line` until it ends, or send SIGTERM a while after the first thing that it says."""
    with (folder / "out").open("w+") as out, (folder / "err").open("w+") as err:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {line}"],
            cwd=folder,
            stdout=out,
            stderr=err,
        )
        latest = time.monotonic() + START_S
        while process.poll() is None and time.monotonic() < latest:
            if any((folder / name).stat().st_size for name in ("out", "err")):
                latest = min(latest, time.monotonic() + WATCHED_S)
            time.sleep(0.1)
        process.terminate()
        process.wait(timeout=60)
        printed = [stream.seek(0) or stream.read() for stream in (out, err)]
    return subprocess.CompletedProcess(line, process.returncode, *printed)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the pages take for granted: a photo, pictures, two folders of images, CIFAKE's layout."""
    folder = tmp_path_factory.mktemp("readme")
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)).save(folder / "photo.jpg")
    write_class(folder / "pictures", 128, 3, 40)
    for label, brightness in (("real", 90), ("fake", 165)):
        write_class(folder / "data" / label, brightness, 80, 32)
        write_class(folder / "unseen" / label, brightness + 1, 30, 32)
        for split, count in (("train", 40), ("test", 20)):
            write_class(folder / "cifake" / split / label.upper(), brightness + len(split), count, 32)
    for number in range(4):
        write_class(
            folder / "sources" / f"album{number % 2}" / ("train", "test")[number // 2] / "real", 128, 6, 96
        )
    write_clip(folder / "clip.avi")
    (folder / "cifake_test_fakes_also_in_train.txt").write_text("FAKE/0.png\n")
    return folder


def run_command(command: str, folder: Path, run_here: RunHere) -> subprocess.CompletedProcess[str]:
    """Run a line of a page; what needs TensorFlow or is shortened by a patch in this process."""
    if command.startswith((*WITH_TENSORFLOW, TIMED)):
        return run_here(main, shlex.split(command), cwd=folder)
    fakelens = shutil.which("fakelens", path=str(Path(sys.executable).parent))
    assert fakelens is not None
    line = shlex.quote(fakelens) + command.removeprefix("fakelens")
    if command.startswith(("fakelens watch", "fakelens serve")):
        return run_for_a_while(line, folder)
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def name_anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and mkdocs make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_the_page_runs(
    page: Path, workplace: Path, run_here: RunHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tf_keras", reason="training needs the [train] extra")
    monkeypatch.setenv("FAKELENS_CACHE", str(workplace / "cache"))
    short = partial(measure_latency, rounds=2)
    monkeypatch.setattr("fakelens.benchmarks.bench.table.measure_latency", short)
    for command in list_commands(page):
        if command.startswith(ELSEWHERE):
            continue
        assert command.startswith("fakelens "), command
        ending = next((more for start, more in SHORTENED.items() if command.startswith(start)), "")
        done = run_command(command + ending, workplace, run_here)
        allowed = next((codes for part, codes in ALLOWED.items() if part in command), {0})
        assert done.returncode in allowed, f"{command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr


def test_the_pages_show_commands() -> None:
    assert len(list_commands(ROOT / "README.md")) >= 15
    assert len(list_commands(DOCS / "commands.md")) >= 15


def test_extras_are_there_and_installed_before_what_needs_them() -> None:
    extras = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
    installed: set[str] = set()
    for command in list_commands(ROOT / "README.md"):
        for listed in re.findall(r"pip install .*\[([\w,]+)\]", command):
            installed.update(listed.split(","))
        for start, extra in NEEDED.items():
            assert not command.startswith(start) or extra in installed, command
    assert len(installed) >= 4
    assert installed <= extras


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.stem)
def test_every_link_of_the_page_leads_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        linked = page.parent / target if target else page
        assert linked.exists(), f"{page.name} links to {target}"
        if anchor and linked.suffix == ".md":
            assert anchor in name_anchors(linked), f"{page.name} links to {target}#{anchor}"


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.stem)
def test_every_module_that_the_page_runs_is_there(page: Path) -> None:
    for module in MODULE.findall(page.read_text(encoding="utf-8")):
        assert importlib.util.find_spec(module), f"{page.name} runs {module}"


def test_the_python_of_the_readme_runs(tmp_path: Path) -> None:
    Image.effect_noise((300, 200), 40).convert("RGB").save(tmp_path / "photo.jpg")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    command = [sys.executable, "-c", "\n".join(blocks)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"(real|fake|unsure) \d\.\d\d\n", done.stdout)


def read_rows(page: Path, name: str) -> list[list[str]]:
    """The rows of all tables that begin with `name`, in their order."""
    lines = page.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in rows if row[0] == name]


def read_figures(cell: str) -> list[float]:
    return [float(figure) for figure in FIGURES.findall(cell)]


@pytest.mark.parametrize("row", KNOWN)
def test_the_figures_of_known_sources_are_those_of_the_results(row: str) -> None:
    name, column = KNOWN[row]
    shown, measured = read_rows(ROOT / "README.md", row)[0][1], read_rows(RESULTS, name)[0][column]
    rounding = 0.051 if "%" in shown else 0.00051
    assert read_figures(shown) == pytest.approx(read_figures(measured), abs=rounding)


@pytest.mark.parametrize("column", [1, 2, 3])
def test_the_auc_of_left_out_sources_is_that_of_the_results(column: int) -> None:
    row = [name for name in KNOWN if name.startswith("AUC")][column - 1]
    measured = read_rows(RESULTS, "AUC")[1][column]  # the page's second table
    assert read_figures(read_rows(ROOT / "README.md", row)[0][2]) == pytest.approx(
        read_figures(measured), abs=0.00051
    )


@pytest.mark.parametrize("row", LEFT_OUT)
def test_the_figures_of_left_out_sources_are_those_of_the_card(row: str) -> None:
    card = read_model(find_model(DEFAULT_MODEL)).contract.measured
    found = next(line for line in card if line.metric == LEFT_OUT[row] and line.data.startswith("left-out"))
    percent = [100 * value for value in (found.value, found.low, found.high)]
    assert read_figures(read_rows(ROOT / "README.md", row)[0][2]) == pytest.approx(percent, abs=0.051)
