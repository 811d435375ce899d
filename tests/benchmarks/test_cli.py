import csv
import gzip
import hashlib
import io
import json
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from fakelens.benchmarks.scoring.battery import BATTERY
from fakelens.benchmarks.scoring.manifest import digest_file
from fakelens.benchmarks.timing.latency import measure_latency
from fakelens.edge_runtime.modelfile.container import pack_model, read_model
from fakelens.edge_runtime.modelfile.contract import Contract, Decision, InputSpec
from tests.conftest import Fakelens

Done = subprocess.CompletedProcess[str]
Bench = Callable[..., Done]


@pytest.fixture
def bench(fakelens: Fakelens) -> Bench:
    """Run `fakelens bench --no-timing`; timing takes seconds a model."""

    def run(*arguments: object, timing: bool = False) -> Done:
        return fakelens("bench", *arguments, *([] if timing else ["--no-timing"]))

    return run


def _rows(done: Done) -> list[dict[str, object]]:
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_json_holds_the_figures_of_the_file(bench: Bench, model_file: Path, data: Path) -> None:
    (row,) = _rows(bench(model_file, "--data", data, "--json"))
    assert {name: row[name] for name in ("model", "data", "split", "note", "n", "accuracy", "unsure")} == {
        "model": "brightness",
        "data": "greys",
        "split": "test",
        "note": "",
        "n": 20,
        "accuracy": 0.85,
        "unsure": 0.05,
    }
    assert row["accuracy_low"] < 0.85 < row["accuracy_high"]  # type: ignore[operator]
    assert row["size_bytes"] == model_file.stat().st_size
    assert row["gzip_bytes"] == len(gzip.compress(model_file.read_bytes(), 9))
    assert "latency_p50_ms" not in row


def test_table_has_a_line_per_model(bench: Bench, model_file: Path, data: Path) -> None:
    done = bench(model_file, model_file, "--data", data)
    header, *lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert header.split()[:3] == ["model", "images", "accuracy"]
    assert len(lines) == 2
    assert all("85.00 [63.96-94.76]" in line and line.endswith("greys test") for line in lines)


def test_csv_has_the_columns_of_json(bench: Bench, model_file: Path, data: Path) -> None:
    (row,) = _rows(bench(model_file, "--data", data, "--json"))
    done = bench(model_file, "--data", data, "--csv")
    (read,) = csv.DictReader(io.StringIO(done.stdout))
    assert list(read) == [name for name in row if name != "right"]  # packed bits are nothing for a cell
    assert float(read["accuracy"]) == 0.85


def test_excluded_images_give_a_second_row(
    bench: Bench, model_file: Path, data: Path, tmp_path: Path
) -> None:
    names = tmp_path / "seen.txt"
    names.write_text("FAKE/1 (1).png\nFAKE/2 (1).png\n")
    whole, without = _rows(bench(model_file, "--data", data, "--exclude", names, "--json"))
    assert (whole["n"], whole["accuracy"], whole["note"]) == (20, 0.85, "")
    assert (without["n"], without["note"]) == (18, "without the 2 of seen.txt")
    assert without["accuracy"] == pytest.approx(17 / 18, abs=1e-6)
    names.write_text("1 (1).png\n")
    done = bench(model_file, "--data", data, "--exclude", names)
    assert (done.returncode, done.stdout) == (2, "")
    assert "write its folder too" in done.stderr


def test_card_is_written_once_and_the_graph_stays(bench: Bench, model_file: Path, data: Path) -> None:
    before = read_model(model_file)
    for _ in range(2):
        assert bench(model_file, "--data", data, "--card").returncode == 0
    after = read_model(model_file)
    assert hashlib.sha256(after.graph).digest() == hashlib.sha256(before.graph).digest()
    figures = {entry.metric: entry for entry in after.contract.measured}
    assert len(figures) == len(after.contract.measured) == 7
    accuracy = figures["accuracy"]
    assert (accuracy.value, accuracy.n, accuracy.data, accuracy.split) == (0.85, 20, "greys", "test")
    assert accuracy.low < 0.85 < accuracy.high
    assert figures["decided_accuracy"].n == 19


def test_another_data_set_adds_to_the_card(bench: Bench, model_file: Path, data: Path) -> None:
    assert bench(model_file, "--data", data, "--card").returncode == 0
    assert bench(model_file, "--data", data / "test", "--card").returncode == 0
    measured = read_model(model_file).contract.measured
    assert [(entry.data, entry.split) for entry in measured if entry.metric == "auc"] == [
        ("greys", "test"),
        ("test", "all"),
    ]


def write_manifest(path: Path, data: Path, images: list[str]) -> Path:
    lines = [f"{digest_file(data / 'test' / image)},,{image[:4]},clean,0.5" for image in images]
    path.write_text("\n".join(["digest,source,label,tier,p_fake", *lines]) + "\n")
    return path


def test_the_images_that_a_manifest_names_are_measured_as_if_they_lay_alone(
    bench: Bench, model_file: Path, data: Path, tmp_path: Path
) -> None:
    # The model is wrong about REAL/9 alone; FAKE/1, about which it is wrong too, is the same file as REAL/2.
    named = [f"{name} (1).png" for name in ("FAKE/9", "REAL/9", "REAL/0", "REAL/2")]
    manifest = write_manifest(tmp_path / "scores.csv", data, named)
    (row,) = _rows(bench(model_file, "--data", data, "--manifest", manifest, "--json"))
    for name in named:
        (tmp_path / "alone/greys/test" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "alone/greys/test" / name).hardlink_to(data / "test" / name)
    (alone,) = _rows(bench(model_file, "--data", tmp_path / "alone/greys", "--json"))
    assert (row["n"], row["accuracy"]) == (4, 0.75)
    assert row == alone
    (data / "test/REAL/0 (1).png").unlink()
    gone = bench(model_file, "--data", data, "--manifest", manifest)
    assert "1 of 4 scored pictures are not there" in gone.stderr


@pytest.mark.parametrize(("least", "code"), [(85, 0), (85.1, 1)])
def test_min_accuracy_is_a_gate(bench: Bench, model_file: Path, data: Path, least: float, code: int) -> None:
    done = bench(model_file, "--data", data, "--min-accuracy", least)
    assert done.returncode == code
    assert ("85.00%" in done.stderr) == (code == 1)


def test_an_unreadable_image_is_told_and_ends_in_2(bench: Bench, model_file: Path, data: Path) -> None:
    (data / "test" / "REAL" / "0 (1).png").write_bytes(b"")
    done = bench(model_file, "--data", data, "--json")
    assert done.returncode == 2
    assert (json.loads(done.stdout)["n"], json.loads(done.stdout)["unreadable"]) == (19, 1)
    assert done.stderr.count("\n") == 1
    assert "the file is empty" in done.stderr


@pytest.fixture
def strict_file(tmp_path: Path, brightness_graph: bytes) -> Path:
    """The model of `model_file`, but fake begins at P(fake) .9, grey 164: 16 of 20 right, never UNSURE."""
    contract = Contract(name="strict", input=InputSpec(size=8), decision=Decision(threshold=0.9))
    path = tmp_path / "strict.tflite"
    path.write_bytes(pack_model(brightness_graph, contract))
    return path


def test_a_reference_is_scored_on_the_same_images(
    bench: Bench, model_file: Path, strict_file: Path, data: Path, tmp_path: Path
) -> None:
    # They differ on one image: fake, grey 130, UNSURE and right to the one, real and wrong to the other.
    names = tmp_path / "seen.txt"
    names.write_text("FAKE/0 (1).png\n")
    arguments = (model_file, "--data", data, "--reference", strict_file)
    whole, without = _rows(bench(*arguments, "--exclude", names, "--json"))
    figures = ("accuracy", "reference_accuracy", "difference_points", "agreement", "mcnemar_p")
    assert [whole[name] for name in figures] == [0.85, 0.8, 5, 0.95, 1]
    assert (whole["only_model_right"], whole["only_reference_right"]) == (1, 0)
    assert whole["agreement_low"] < 0.95 < whole["agreement_high"]  # type: ignore[operator]
    assert whole["reference"] == str(strict_file)
    assert [without[name] for name in figures[2:]] == [0, 1, 1]
    (read,) = csv.DictReader(io.StringIO(bench(*arguments, "--csv").stdout))
    assert list(read) == [name for name in whole if name != "right"]
    header, line = bench(*arguments).stdout.splitlines()
    assert "points vs strict.tflite  same verdict %  McNemar p" in header
    assert line.split()[-5:-2] == ["+5.00", "95.00", "1"]


def test_a_limit_measures_a_part_of_each_class_and_tells_what_is_left_out_of_it(
    bench: Bench, model_file: Path, data: Path, tmp_path: Path
) -> None:
    names = tmp_path / "seen.txt"
    names.write_text("".join(f"REAL/{number} (1).png\n" for number in range(1, 10)))
    whole, cut = _rows(bench(model_file, "--data", data, "--limit", 7, "--exclude", names, "--json"))
    assert (whole["n"], whole["note"]) == (14, "")
    assert 14 - 9 <= cut["n"] < 14  # type: ignore[operator]
    assert cut["note"] == f"without the {14 - cut['n']} of seen.txt"  # type: ignore[operator]


def test_what_is_no_picture_is_counted(bench: Bench, model_file: Path, data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(data, copy)
    folder = next(path.parent for path in copy.rglob("*.png"))
    (folder / "notes.txt").write_text("no picture")
    done = bench(model_file, "--data", copy, "--no-timing")
    assert "1 not an image" in done.stderr


def test_robust_has_a_line_a_degradation_and_a_column_a_model(
    bench: Bench, model_file: Path, strict_file: Path, data: Path
) -> None:
    done = bench(model_file, strict_file, "--data", data, "--robust")
    header, *lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert header.split("  ")[0] == "degraded by"
    assert header.index("brightness.tflite") < header.index("strict.tflite")
    assert [line.split("  ")[0] for line in lines] == [degradation.name for degradation in BATTERY]
    assert "85.00 [63.96-94.76]" in lines[0]
    assert "80.00 [58.40-91.93]" in lines[0]
    assert lines[0].endswith("20  greys test")
    rows = _rows(bench(model_file, strict_file, "--data", data, "--robust", "--json"))
    assert [row["model"] for row in rows] == ["brightness"] * len(BATTERY) + ["strict"] * len(BATTERY)
    by_name = {row["degradation"]: row for row in rows if row["model"] == "brightness"}
    assert by_name["brightness 0.7"]["accuracy"] == 0.7
    assert (by_name["JPEG 40"]["kind"], by_name["JPEG 40"]["strength"]) == ("JPEG", 40)
    read = list(csv.DictReader(io.StringIO(bench(model_file, "--data", data, "--robust", "--csv").stdout)))
    assert list(read[0]) == list(rows[0])
    assert len(read) == len(BATTERY)
    done = bench(model_file, "--data", data, "--robust", "--limit", 3, "--json")
    assert {row["n"] for row in _rows(done)} == {6}


def test_robust_figures_join_the_card_beside_the_clean_one(
    bench: Bench, model_file: Path, data: Path
) -> None:
    assert bench(model_file, "--data", data, "--card").returncode == 0
    clean = read_model(model_file).contract.measured
    for _ in range(2):
        assert bench(model_file, "--data", data, "--robust", "--card").returncode == 0
    measured = read_model(model_file).contract.measured
    assert measured[: len(clean)] == clean
    added = measured[len(clean) :]
    assert [entry.note for entry in added] == [degradation.name for degradation in BATTERY[1:]]
    assert {(entry.metric, entry.data, entry.split, entry.n) for entry in added} == {
        ("accuracy", "greys", "test", 20)
    }
    darkened = next(entry for entry in added if entry.note == "brightness 0.7")
    assert darkened.low < darkened.value == 0.7 < darkened.high


def test_an_unreadable_image_is_told_by_robust_too(bench: Bench, model_file: Path, data: Path) -> None:
    (data / "test" / "REAL" / "0 (1).png").write_bytes(b"")
    done = bench(model_file, "--data", data, "--robust", "--json")
    assert done.returncode == 2
    assert {json.loads(line)["unreadable"] for line in done.stdout.splitlines()} == {1}
    assert done.stderr.count("\n") == 1
    assert "the file is empty" in done.stderr


def test_bad_options_end_in_one_line(bench: Bench, model_file: Path, data: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.tflite"
    foreign.write_bytes(b"not a model at all")
    for arguments, message in (
        ([model_file, "--data", tmp_path / "nowhere"], "no such folder"),
        ([model_file, "--data", data, "--split", "val"], "no val/ folder"),
        ([model_file, foreign, "--data", data], "not a TFLite file"),
        ([model_file, "--data", data, "--json", "--csv"], "exclude each other"),
        ([model_file, "--data", data, "--min-accuracy", "0.97"], "expected percent"),
        ([model_file, "--data", data, "--limit", "0"], "the limit is 0"),
        ([model_file, "--data", data, "--limit", "0", "--robust"], "the limit is 0"),
        ([model_file, "--data", data, "--limit", "5", "--card"], "leave out --limit"),
        ([model_file, "--data", data, "--limit", "5", "--manifest", foreign], "exclude each other"),
        ([model_file, "--data", data, "--manifest", foreign], "foreign.tflite: no column 'digest'"),
        ([model_file, "--manifest", foreign], "add --data DIR"),
        ([model_file, "--data", data, "--reference", "float"], "reference cannot be used: float: no such"),
        ([model_file, "--data", data, "--reference", foreign], "reference cannot be used: "),
        ([model_file, "--data", data, "--reference", model_file], "is also measured"),
        ([model_file], "nothing to measure"),
        ([model_file, "--limit", "5"], "add --data DIR"),
        ([model_file, "--robust"], "add --data DIR"),
        ([model_file, "--card"], "add --data DIR"),
        ([model_file, "--data", data, "--threads", "0"], "--threads is 0"),
        ([model_file, "--data", data, "--threads", "1,two"], "--threads is 1,two"),
        ([model_file, "--data", data, "--threads", "1,2"], "several --threads are for timing"),
        ([model_file, "--data", data, "--tolerance", "5"], "add --compare"),
        ([model_file, "--data", data, "--compare", foreign], "cannot be compared with"),
        ([model_file, "--data", data, "--html", tmp_path], "is a folder"),
        ([tmp_path], "no run.json"),
        ([model_file, "--data", data, "--robust", "--reference", model_file], "does not go with"),
        ([model_file, "--data", data, "--robust", "--exclude", foreign], "does not go with"),
        ([model_file, "--data", data, "--robust", "--min-accuracy", "80"], "does not go with"),
        ([model_file, foreign, "--data", data, "--robust"], "not a TFLite file"),
    ):
        done = bench(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.count("\n") == 1
        assert message in done.stderr


def test_the_reference_may_be_one_of_the_models(
    bench: Bench, model_file: Path, strict_file: Path, data: Path
) -> None:
    arguments = (model_file, strict_file, "--data", data, "--reference", strict_file)
    first, itself = _rows(bench(*arguments, "--json"))
    assert (first["difference_points"], "difference_points" in itself) == (5, False)
    lines = bench(*arguments).stdout.splitlines()
    assert lines[2].split()[-5:-2] == ["-", "-", "-"]


def test_a_comparison_tells_what_has_changed_and_fails_past_its_tolerance(
    bench: Bench, model_file: Path, data: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old.json"
    old.write_text(bench(model_file, "--data", data, "--json").stdout)
    done = bench(model_file, "--data", data, "--compare", old)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n\n")[1].splitlines()[1].split()[1:4] == ["accuracy", "0.85", "0.85"]
    row = json.loads(old.read_text())
    old.write_text(json.dumps(row | {"size_bytes": row["size_bytes"] * 0.9}))
    done = bench(model_file, "--data", data, "--compare", old, "--json")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1  # for programs, changes go to stderr
    assert "WORSE" in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"fakelens: worse than {old} allows: brightness.tflite: size_bytes +11.1 %")
    assert bench(model_file, "--data", data, "--compare", old, "--tolerance", "12").returncode == 0
    (data / "test" / "REAL" / "0 (1).png").unlink()
    done = bench(model_file, "--data", data, "--compare", old)
    assert done.returncode == 2
    assert "on other images (20 of greys test; here 19 of greys test)" in done.stderr


HEAVY = ("tensorflow", "tf_keras", "sklearn", "matplotlib", "jinja2", "scipy")


def test_the_base_install_times_models_without_data(fakelens: Fakelens, model_file: Path) -> None:
    done = fakelens("bench", model_file, "--json", blocked=HEAVY)
    assert (done.returncode, done.stderr) == (0, "")
    row = json.loads(done.stdout)
    assert row["runs"] >= 50
    assert row["latency_p50_ms_low"] <= row["latency_p50_ms"] <= row["latency_p50_ms_high"]
    assert row["latency_p50_ms"] <= row["latency_p90_ms"] <= row["latency_p99_ms"]
    assert row["sample"].endswith("made JPEGs of 1024 x 768 px")
    assert row["decode_ms"] > row["decide_ms"] > 0
    assert "accuracy" not in row
    done = fakelens("bench", model_file, "--html", "page.html", blocked=HEAVY)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert 'pip install "fakelens[bench]"' in done.stderr


@pytest.mark.slow
def test_accuracy_times_by_threads_exclusions_and_page_in_one_go(
    bench: Bench, model_file: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib", reason="the page needs the bench extra")
    # Two rounds have a spread too; that there are five is tested above.
    short = partial(measure_latency, rounds=2)
    monkeypatch.setattr("fakelens.benchmarks.bench.table.measure_latency", short)
    page, names = tmp_path / "bench.html", tmp_path / "seen.txt"
    names.write_text("FAKE/1 (1).png\n")
    arguments = (model_file, "--data", data, "--exclude", names, "--threads", "1,2", "--html", page)
    done = bench(*arguments, timing=True)
    assert done.returncode == 0, done.stderr
    assert all(line.startswith("not valid: brightness.tflite, ") for line in done.stderr.splitlines())
    models, calibration, details, sample = done.stdout.rstrip("\n").split("\n\n")
    one, two, without = models.splitlines()[1:]
    assert [line.split()[5] for line in (one, two, without)] == ["1", "2", "-"]
    assert one.split()[:5] == two.split()[:5]  # images and accuracy
    assert (one.split()[1], without.split()[1]) == ("20", "19")
    assert one.endswith("  greys test")
    assert without.endswith("  greys test, without the 1 of seen.txt")
    assert len(calibration.splitlines()) == 3
    assert len(details.splitlines()) == 3
    assert sample.startswith("timed on 16 files of greys ")
    assert "</table>" in page.read_text()  # a chart needs two models, see bench/test_page.py


@pytest.mark.parametrize("flags", [(), ("--robust",)], ids=["clean", "robust"])
def test_the_base_install_is_enough(
    fakelens: Fakelens, model_file: Path, data: Path, flags: tuple[str, ...]
) -> None:
    command = ("bench", model_file, "--data", data, "--json", "--no-timing")
    done = fakelens(*command, *flags, blocked=HEAVY)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[0])["accuracy"] == 0.85
