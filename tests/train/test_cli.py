import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import Fakelens
from tests.train.conftest import write_images, write_pictures

FAKELENS = str(Path(sys.executable).parent / "fakelens")
SMALL = [
    *("--network", "classic", "--size", "16", "--batch-size", "16"),
    *("--set", "network.width=4", "--set", "fit.ema=0.9", "--set", "fit.patience=0"),
]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train"], "DATA is missing"),
        (["train", "--real", "a", "--fake", "b"], "a: no such folder"),
        (["train", "gone", "--list", "no.csv"], "no.csv: no such list"),
        (["train", "--resume", "--real", "a", "--fake", "b"], "leave out --real, --fake and --list"),
        (["train", "--resume", "-o", "gone"], "no such run directory"),
        (["train", "gone", "--set", "fit.epochz=3"], "epochz"),
        (["train", "gone", "--prune", "2"], "prune.sparsity is 2"),
        (["train", "gone", "--recipe", "nonsense"], "no such recipe"),
        (["train", "gone", "--require-auc", "98"], "--require-auc is 98"),
        (["train", "gone", "--resize", "64", "--size", "32"], "leave out --tiles and --size"),
        (["train", "gone", "--resize", "64", "--tiles"], "leave out --tiles and --size"),
        (["train", "--from", "gone", "-o", "new"], "no such run directory"),
        (["train", "gone", "--from", "run"], "--from takes data and settings of its RUN"),
        (["train", "--from", "run", "--resume"], "leave out DATA, --recipe, --start and --resume"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(fakelens: Fakelens, arguments: list[str], message: str) -> None:
    done = fakelens(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("classes", "message"),
    [([], "no real/ and fake/"), (["real"], "no fake/"), (["real", "fake"], "no images")],
)
def test_unusable_data_is_one_line_and_leaves_nothing(
    fakelens: Fakelens, tmp_path: Path, classes: list[str], message: str
) -> None:
    (tmp_path / "data").mkdir()
    for name in classes:
        (tmp_path / "data" / name).mkdir()
        if len(classes) == 1:
            write_images(tmp_path / "data" / name, 3, 90, 1)
    done = fakelens("train", str(tmp_path / "data"), "-o", str(tmp_path / "run"))
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


def make_bad_data(kind: str, folder: Path) -> None:
    if kind == "three":
        write_images(folder / "real", 2, 90, 1)
        write_images(folder / "fake", 1, 160, 2)
    elif kind == "uneven":
        for split, counts in (("train", (1, 201)), ("val", (2, 2))):
            for label, count, seed in zip(("real", "fake"), counts, (1, 2), strict=True):
                write_images(folder / split / label, count, 90 + 70 * seed, seed)
    elif kind == "same":
        for label in ("real", "fake"):
            write_images(folder / label, 12, 90, 1)
    else:
        for seed, label in enumerate(("real", "fake")):
            for path in write_images(folder / label, 12, 90, seed):
                Image.open(path).crop((0, 0, 8, 8)).save(path)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("three", "too few to train on, to validate and to test"),
        ("same", "sort each picture into one class"),
        ("uneven", "201 others, too uneven to learn from"),
        ("tiny", "has 8 px on its shorter side"),
    ],
)
def test_data_that_nothing_can_be_learned_from_is_one_line(
    fakelens: Fakelens, tmp_path: Path, kind: str, message: str
) -> None:
    make_bad_data(kind, tmp_path / "data")
    done = fakelens("train", str(tmp_path / "data"), "-o", str(tmp_path / "run"))
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_killed_training_resumes_to_the_same_result(fakelens: Fakelens, tmp_path: Path, data: Path) -> None:
    epochs = ["--epochs", "12", *SMALL]
    killed = tmp_path / "killed"
    process = subprocess.Popen([FAKELENS, "train", str(data), "-o", str(killed), *epochs])
    checkpoint = killed / "checkpoints" / "float.npz"
    deadline = time.monotonic() + 180
    while not checkpoint.exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (killed / "run.json").exists()

    done = fakelens("convert", str(killed))
    assert done.returncode == 2
    assert "--resume" in done.stderr

    resumed = fakelens("train", "--resume", "-o", killed)
    assert resumed.returncode == 0, resumed.stderr
    assert "resuming after epoch" in resumed.stderr
    whole = fakelens("train", data, "-o", tmp_path / "whole", *epochs)
    assert resumed.stdout.splitlines()[:2] == whole.stdout.splitlines()[:2]


@pytest.mark.slow
def test_ctrl_c_says_so_and_exits_130(tmp_path: Path, data: Path) -> None:
    output = tmp_path / "run"
    process = subprocess.Popen(
        [FAKELENS, "train", str(data), "-o", str(output), "--epochs", "5000", *SMALL],
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job ignores Ctrl-C, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.monotonic() + 180
    while not (output / "checkpoints" / "float.npz").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr.splitlines()[-1].startswith("fakelens: interrupted")
    assert "Traceback" not in stderr


@pytest.fixture
def formats(tmp_path: Path) -> Path:
    """PNG fakes, whose pixels are cut off behind a sound header, against JPEG reals."""
    write_pictures(tmp_path / "formats" / "real", 20, ".jpg")
    for path in write_pictures(tmp_path / "formats" / "fake", 20, ".png"):
        path.write_bytes(path.read_bytes()[:500])
    return tmp_path / "formats"


def test_training_warns_of_giveaways_before_a_pixel_is_decoded(
    fakelens: Fakelens, tmp_path: Path, formats: Path
) -> None:
    done = fakelens("train", str(formats), "-o", str(tmp_path / "run"))
    assert done.returncode == 2  # no fake can be decoded
    warning = done.stderr.splitlines()[0]
    assert warning.startswith("WARNING: file metadata alone")
    assert "file type: reals JPEG; fakes PNG" in warning
    assert f"--equalize {formats}-equal" in warning


def test_resuming_and_a_taken_output_are_not_probed(
    fakelens: Fakelens, tmp_path: Path, formats: Path
) -> None:
    for arguments in (["--resume", "-o", str(tmp_path / "gone")], ["-o", str(formats)]):
        done = fakelens("train", str(formats), *arguments)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "WARNING" not in done.stderr


def test_audit_fails_its_gate_then_equalizes(fakelens: Fakelens, tmp_path: Path) -> None:
    data, page = tmp_path / "data", tmp_path / "page.html"
    write_pictures(data / "real", 30, ".jpg")
    write_pictures(data / "fake", 30, ".png")
    before = fakelens("audit", str(data), "--json", "--html", str(page))
    assert before.returncode == 1
    assert json.loads(before.stdout)["metadata"]["auc"]["value"] > 0.99
    assert before.stderr.count("\n") == 1
    assert (
        f"`fakelens audit {data} --equalize {data}-equal && fakelens train {data}-equal` helps"
        in before.stderr
    )
    assert 'data-state="bad"' in page.read_text()

    (data / "real" / "text.jpg").write_text("no image")
    (data / "fake" / "notes.txt").write_text("no image, and no name of one")
    os.mkfifo(data / "fake" / "pipe.jpg")
    after = fakelens("audit", str(data), "--equalize", str(tmp_path / "equal"), "--max-auc", ".8")
    assert after.returncode == 2  # a file was left out
    said = f"{data}: 1 file of it cannot be read and stayed out of the copy"
    assert said in after.stderr.splitlines()[-1]
    assert after.stderr.endswith(f"go on with `fakelens train {tmp_path / 'equal'}`\n")
    assert "left out:" in after.stderr
    assert f"{data}/fake: 2 not images" in after.stderr
    assert "Not removed: traces of an earlier compression" in after.stderr
    assert "within 0.8" in after.stdout
    assert len(list((tmp_path / "equal").rglob("*.jpg"))) == 60


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone"], "no such folder"),
        ([".", "--max-auc", "65"], "--max-auc is 65"),
        ([".", "--crop", "64"], "without --equalize"),
        (["{data}", "--limit", "0"], "the limit is 0"),
        (["{data}", "--equalize", "{data}"], "is not empty"),
    ],
)
def test_wrong_usage_of_audit_is_one_line_and_exit_2(
    fakelens: Fakelens, data: Path, arguments: list[str], message: str
) -> None:
    done = fakelens("audit", *(argument.format(data=data) for argument in arguments))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert message in done.stderr


def test_a_hostile_name_moves_no_cursor_and_forges_no_line(fakelens: Fakelens, tmp_path: Path) -> None:
    data = tmp_path / "data"
    for label in ("real", "fake"):
        write_pictures(data / label, 12, ".jpg")
    (data / "real" / "a\x1b[2J\nFINE b.jpg").write_text("no image")
    for arguments in (["audit"], ["train", "--epochs", "1", *SMALL, "-o", str(tmp_path / "run")]):
        done = fakelens(arguments[0], str(data), *arguments[1:])
        said = done.stdout + done.stderr
        assert r"a\x1b[2J\nFINE b.jpg" in said
        assert "\x1b" not in said
        assert not [line for line in said.splitlines() if line.startswith("FINE b")]
