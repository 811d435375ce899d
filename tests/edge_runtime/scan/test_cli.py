"""`fakelens scan` as a user runs it: exit codes, streams, refusals, report."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.edge_runtime.answers.pages.parts import read_asset
from tests.conftest import Fakelens

HEAVY = ("tensorflow", "pyarrow", "fsspec", "ray", "pandas", "cv2", "jinja2")


@pytest.fixture
def photos(tmp_path: Path, save_grey: Callable[[Path, int], Path]) -> Path:
    for number, level in enumerate((10, 128, 220)):
        save_grey(tmp_path / "photos" / f"{number}.png", level)
    (tmp_path / "photos" / "<b>.png").write_text("no image")
    return tmp_path / "photos"


def test_a_scan_its_report_and_its_exit_codes(
    fakelens: Fakelens, photos: Path, tmp_path: Path, model_file: Path
) -> None:
    out = tmp_path / "out"
    done = fakelens("scan", photos, "-o", out, "--model", model_file, blocked=HEAVY)
    assert (done.returncode, done.stdout) == (2, "")
    first, last = done.stderr.splitlines()
    assert first.startswith("4 pictures: 1 real, 1 fake, 1 unsure, 1 errors (1 not an image); ")
    assert last.startswith("fakelens: 1 of 4 pictures have no verdict")
    again = fakelens("scan", photos, "-o", out, "--model", model_file, "--allow-errors", 25)
    assert again.returncode == 0
    page = tmp_path / "report.html"
    shown = fakelens("scan", "--report", out, "--html", page)
    assert shown.returncode == 0
    assert "most suspicious\n0.997 " in shown.stdout
    assert "1 not an image, such as" in shown.stdout
    assert "&lt;b&gt;.png" in page.read_text()
    assert read_asset("style.css") in page.read_text()  # the look of every page
    facts = json.loads(fakelens("scan", "--report", out, "--json").stdout)
    assert (facts["lines"], facts["counts"]["real"], sum(facts["bins"])) == (4, 1, 3)
    from_stdin = fakelens("scan", "-", "-o", "-", "--model", model_file, stdin=f"{photos}/2.png\n".encode())
    assert json.loads(from_stdin.stdout)["verdict"] == "fake"


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (["x"], "say where results go: -o DIR", 2),
        (["x", "-o", "r", "--shard", "2/2"], "--shard 2/2: out of range", 2),
        (["x", "--html", "p.html"], "--html goes with --report", 2),
        (["--merge", "--report", "x"], "exclude each other", 2),
        (["--report", "x"], "x: no such folder", 2),
        (["--merge", ".", "-o", "m", "--model", "photo"], "--model does nothing with --merge", 2),
        (["--merge", ".", "-o", "m"], "holds no results of a scan", 2),
        (["x", "-o", "-", "--format", "parquet"], "give -o DIR", 2),
        (["x", "-o", "-", "--part-lines", "9"], "--part-lines does nothing with -o -", 2),
        (["x", "-o", "-", "--give-up-after", "9"], "--give-up-after does nothing with -o -", 2),
        (["x", "-o", "r", "--shard", f"0/{'9' * 5000}"], "write INDEX/COUNT", 2),
        ([".", "-o", "-"], "not images; there is nothing to scan: give a folder", 2),
        ([".", "-o", "r", "--column", "x"], "--column x: is of a manifest", 2),
        ([".", "-o", "r", "--root", "/x"], "--root /x: is for the names in a manifest", 2),
        (["x", "-o", "r", "--format", "parquet"], 'pip install "fakelens[parquet]"', 3),
        (["s3://b/list.csv", "-o", "r"], 'pip install "fakelens[remote]"', 3),
    ],
)
def test_bad_input_is_one_line(
    fakelens: Fakelens, tmp_path: Path, arguments: list[str], said: str, code: int
) -> None:
    done = fakelens("scan", *arguments, blocked=HEAVY, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
