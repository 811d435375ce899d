import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.bench.variants import VARIANTS, build_variants, find_test_data
from fakelens.edge_runtime.errors import RunError, UsageError
from fakelens.edge_runtime.extras import is_installed
from fakelens.edge_runtime.modelfile.container import read_model
from tests.conftest import COMMAND, Fakelens

NAMES = [variant.name for variant in VARIANTS]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """What of a finished run tells which variants there are."""
    folder = tmp_path / "run"
    folder.mkdir()
    record = {"format": 1, "quantization_aware": False, "contract": {"training": {"sparsity": 0.0}}}
    (folder / "run.json").write_text(json.dumps(record))
    return folder


def _fill(run: Path, names: list[str]) -> None:
    folder = run / "variants"
    folder.mkdir()
    digest = hashlib.sha256((run / "run.json").read_bytes()).hexdigest()
    (folder / "made-from.json").write_text(json.dumps({"run": digest}))
    for name in names:
        (folder / f"{name}.tflite").write_bytes(b"there")


def test_variants_that_are_there_are_not_built_again(run: Path) -> None:
    _fill(run, NAMES)
    result = build_variants(run)
    assert [path.stem for path in result.paths] == NAMES
    assert {path.read_bytes() for path in result.paths} == {b"there"}
    assert result.left_out == ()


def test_a_pruned_run_is_measured_as_it_was_trained_too(run: Path) -> None:
    record = json.loads((run / "run.json").read_text())
    record["contract"]["training"]["sparsity"] = 0.6
    (run / "run.json").write_text(json.dumps(record))
    _fill(run, [*NAMES, "int8-as-trained"])
    assert [path.stem for path in build_variants(run).paths] == [*NAMES, "int8-as-trained"]


@pytest.mark.skipif(not is_installed("tensorflow"), reason="building needs the [train] extra")
def test_what_another_command_says_is_wrong_is_raised_as_its_own_error(run: Path) -> None:
    _fill(run, NAMES[1:])
    (run / "run.json").write_text((run / "run.json").read_text() + " ")  # another state of the run
    with pytest.raises(UsageError, match=r"run\.json: the contract"):
        build_variants(run)
    assert list((run / "variants").glob("*.tflite")) == []  # those of the former state are gone


def test_forms_that_the_network_cannot_have_are_left_out_with_their_reason(run: Path) -> None:
    plain = [variant.name for variant in VARIANTS if variant.training == "plain"]
    _fill(run, plain)
    (run / "config.toml").write_text("[network]\nhalf = true\n")
    result = build_variants(run)
    assert [path.stem for path in result.paths] == plain
    assert [reason.split(":")[0] for reason in result.left_out] == [
        name for name in NAMES if name not in plain
    ]
    assert all("network.half" in reason for reason in result.left_out)


@pytest.mark.skipif(not is_installed("tensorflow"), reason="building needs the [train] extra")
def test_a_form_that_cannot_be_built_for_another_reason_is_an_error(run: Path) -> None:
    _fill(run, [variant.name for variant in VARIANTS if variant.training == "plain"])
    with pytest.raises(UsageError, match="no run to go on from"):  # there are no settings to go on with
        build_variants(run)


def test_what_is_no_finished_run_is_one_line(run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no run\.json"):
        build_variants(tmp_path)
    (run / "run.json").write_text("{}")
    with pytest.raises(RunError, match="damaged"):
        build_variants(run)


def test_building_needs_tensorflow_and_says_so(fakelens: Fakelens, run: Path) -> None:
    done = fakelens("bench", run, blocked=("tensorflow",))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
    assert 'pip install "fakelens[train]"' in done.stderr


def test_the_runs_own_data_serve_where_a_test_split_was_kept_apart(run: Path, tmp_path: Path) -> None:
    assert find_test_data(run) is None
    for folder in (
        "data/train/real",
        "data/train/fake",
        "data/test/real",
        "data/test/fake",
        "flat/real",
        "flat/fake",
    ):
        (tmp_path / folder).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / folder / "0.png")
    for name, expected in (("data", tmp_path / "data"), ("flat", None), ("gone", None)):
        (run / "source.json").write_text(json.dumps({"data": str(tmp_path / name), "digest": ""}))
        assert find_test_data(run) == expected


def _write_data(folder: Path) -> Path:
    """16 px noise, fakes brighter than reals; 40 images a class to train on and 20 to test on."""
    rng = np.random.default_rng(0)
    for split, count in (("train", 40), ("test", 20)):
        for label, brightness in (("real", 90), ("fake", 165)):
            (folder / split / label).mkdir(parents=True)
            for number in range(count):
                pixels = np.clip(rng.normal(brightness, 45, (16, 16, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / split / label / f"{number}.png")
    return folder


def _run(*arguments: object) -> str:
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.long
def test_a_run_is_measured_in_all_its_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tf_keras", reason="training needs the [train] extra")
    monkeypatch.setenv("FAKELENS_CACHE", str(tmp_path / "cache"))
    run = tmp_path / "run"
    settings = ("fit.ema=0.9", "prune.epochs=2", "qat.epochs=1", "fit.batch_size=16")
    options = [option for setting in settings for option in ("--set", setting)]
    data = _write_data(tmp_path / "data")
    _run("train", data, "-o", run, "--network", "classic", "--size", "16", "--epochs", "2", *options)
    built = build_variants(run)
    assert built.left_out == ()
    stamps = {path: path.stat().st_mtime_ns for path in built.paths}
    lines = _run("bench", run, "--no-timing", "--json").splitlines()
    rows = {Path(row["file"]).stem: row for row in map(json.loads, lines)}
    assert list(rows) == NAMES
    assert {row["n"] for row in rows.values()} == {40}
    assert "difference_points" not in rows["float32"]
    assert {Path(row["reference"]).stem for name, row in rows.items() if name != "float32"} == {"float32"}
    assert rows["float32"]["size_bytes"] > rows["float16"]["size_bytes"] > rows["int8"]["size_bytes"]
    assert rows["int8-pruned-50"]["sparsity"] == pytest.approx(0.5, abs=0.03)
    assert rows["int8-pruned-75"]["sparsity"] == pytest.approx(0.75, abs=0.03)
    assert rows["int8-pruned-75"]["gzip_bytes"] < rows["int8"]["gzip_bytes"]
    made = [read_model(Path(row["file"])).contract.training for row in rows.values()]
    assert [each.quantization_aware for each in made] == [name == "int8-qat" for name in NAMES]
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
