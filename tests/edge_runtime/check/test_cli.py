"""`fakelens check` as a user runs it: what it prints where, and how it ends."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from fakelens.edge_runtime.modelfile.library import list_models
from tests.conftest import Fakelens

DEVICE_ONLY = (
    "tensorflow",
    "tf_keras",
    "keras",
    "sklearn",
    "matplotlib",
    "skimage",
    "scipy",
    "jinja2",
    "cv2",
)


@pytest.fixture
def photos(tmp_path: Path, save_grey: Callable[[Path, int], Path]) -> Path:
    """Three readable images and two that are none."""
    folder = tmp_path / "photos"
    save_grey(folder / "a real.png", 40)
    save_grey(folder / "deep" / "b fake.bmp", 220)
    save_grey(folder / "deep" / "c unsure.tiff", 128)
    (folder / "y text.jpg").write_text("no image")
    (folder / "z empty.png").touch()
    return folder


def test_text_for_people_with_tensorflow_out_of_reach(
    fakelens: Fakelens, model_file: Path, photos: Path
) -> None:
    done = fakelens("check", photos, "--model", model_file, blocked=DEVICE_ONLY)
    assert done.returncode == 2
    assert done.stdout.splitlines() == [
        f"REAL   P(fake) 0.004  {photos}/a real.png",
        f"FAKE   P(fake) 0.997  {photos}/deep/b fake.bmp",
        f"UNSURE P(fake) 0.500  {photos}/deep/c unsure.tiff",
    ]
    text, empty, summary, statements = done.stderr.splitlines()
    assert text.startswith(f"fakelens: {photos}/y text.jpg: not an image")
    assert empty == f"fakelens: {photos}/z empty.png: the file is empty"
    assert summary == "5 pictures: 1 FAKE, 1 REAL, 1 UNSURE, 2 unreadable"
    assert statements == "no statement found: most real and most fake pictures have none"


def test_json_is_one_documented_object_a_line_and_nothing_else(
    fakelens: Fakelens, model_file: Path, photos: Path
) -> None:
    done = fakelens("check", photos, "--json", "--model", model_file)
    assert done.returncode == 2
    assert done.stderr == ""
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["verdict"] for row in rows] == ["real", "fake", "unsure", None, None]
    for row in rows[:3]:
        assert list(row) == ["path", "verdict", "p_fake", "model", "ms", "evidence"]
        assert 0 <= row["p_fake"] <= 1
        assert row["model"] == "brightness"
        assert row["ms"] > 0
    for row in rows[3:]:
        assert list(row) == ["path", "verdict", "error"]
        assert row["error"].startswith(row["path"])
    assert [Path(row["path"]).name[0] for row in rows] == ["a", "b", "c", "y", "z"]


def test_csv_is_a_table_of_the_same(fakelens: Fakelens, model_file: Path, photos: Path) -> None:
    done = fakelens("check", photos, "--csv", "--model", model_file)
    assert done.returncode == 2
    assert done.stderr == ""
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["verdict"] for row in rows] == ["real", "fake", "unsure", "", ""]
    assert list(rows[0]) == [
        "path",
        "verdict",
        "p_fake",
        "model",
        "ms",
        "error",
        "note",
        "reason",
        "evidence",
        "moments",
    ]
    assert [bool(row["error"]) for row in rows] == [False, False, False, True, True]


def test_files_patterns_and_stdin_in_one_call(fakelens: Fakelens, model_file: Path, photos: Path) -> None:
    stdin = (photos / "deep" / "b fake.bmp").read_bytes()
    names = [photos / "a*.png", "-", photos / "**" / "*.tiff", photos / "missing.png"]
    done = fakelens("check", *names, "--json", "--model", model_file, stdin=stdin)
    rows = {Path(row["path"]).name: row["verdict"] for row in map(json.loads, done.stdout.splitlines())}
    assert rows == {"a real.png": "real", "-": "fake", "c unsure.tiff": "unsure", "missing.png": None}
    assert done.returncode == 2


def test_one_good_file_leaves_stderr_empty(fakelens: Fakelens, model_file: Path, photos: Path) -> None:
    """LiteRT announces its delegate on stderr, from C++; nobody asked."""
    done = fakelens("check", photos / "a real.png", "--model", model_file, "--threads", 2, fresh=True)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == f"REAL   P(fake) 0.004  {photos}/a real.png"
    assert lines[2].startswith("The model finds no traces that it knows.")
    assert "File    no statement found: most real and most fake pictures have none" in lines
    assert [line.partition("  ")[0] for line in lines if "like a generator" in line] == ["like a camera"]
    assert [line for line in lines if line.startswith("Next    Ask who took it")]
    done = fakelens("check", photos / "a real.png", "--quiet", "--model", model_file)
    assert (done.stdout, done.stderr) == (f"REAL   P(fake) 0.004  {photos}/a real.png\n", "")


def test_quiet_leaves_errors_and_answers(fakelens: Fakelens, model_file: Path, photos: Path) -> None:
    done = fakelens("check", photos, "-q", "--model", model_file)
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 3
    assert [line.startswith(f"fakelens: {photos}/") for line in done.stderr.splitlines()] == [True, True]


def test_no_image_on_stdin_is_one_line(fakelens: Fakelens, model_file: Path) -> None:
    done = fakelens("check", "-", "--model", model_file)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "fakelens: stdin: empty input\n")


@pytest.mark.parametrize(
    ("verdict", "name", "code"),
    [
        ("fake", "deep/b fake.bmp", 1),
        ("fake", "deep/c unsure.tiff", 0),
        ("fake", "a real.png", 0),
        ("unsure", "deep/c unsure.tiff", 1),
        ("unsure", "deep/b fake.bmp", 1),
        ("unsure", "a real.png", 0),
        ("fake", ".", 1),  # found one, though another file is unreadable
    ],
)
def test_fail_on_is_for_scripts(
    fakelens: Fakelens, model_file: Path, photos: Path, verdict: str, name: str, code: int
) -> None:
    done = fakelens("check", photos / name, "--model", model_file, "--fail-on", verdict)
    assert done.returncode == code
    assert done.stdout  # the answers are given all the same


def test_a_photo_that_had_to_be_scaled_down_far_gets_a_note(
    fakelens: Fakelens, model_file: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (200, 80)).save(tmp_path / "photo.jpg")
    done = fakelens("check", tmp_path / "photo.jpg", "--json", "--model", model_file)
    assert done.returncode == 0
    assert json.loads(done.stdout)["verdict"] == "real"
    assert done.stderr.startswith("note: brightness sees an image scaled to 8 x 8 px")
    assert " 25 times " in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--json", "--csv"], "exclude each other"),
        (["--model", "no-such-model"], "no-such-model: no such model file"),
        (["--model", "photos/a real.png"], "not a TFLite file"),
        (["--threads", "0"], "--threads"),
        (["--fail-on", "real"], "--fail-on"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_answer(
    fakelens: Fakelens, model_file: Path, photos: Path, options: list[str], reason: str
) -> None:
    done = fakelens("check", "photos", "--model", model_file, *options, cwd=photos.parent)
    assert done.returncode == 2
    assert done.stdout == ""
    assert reason in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1 or done.stderr.startswith("Usage: ")


@pytest.mark.parametrize("only_statements", [False, True])
def test_a_name_that_stands_for_nothing_cancels_no_other(
    fakelens: Fakelens, model_file: Path, photos: Path, only_statements: bool
) -> None:
    (photos.parent / "nothing here").mkdir()
    options = ["--evidence-only"] if only_statements else ["--model", model_file]
    names = ["no such folder/*.png", "nothing here", "http://x.org/y.png"]
    alone = fakelens("check", *names, *options, cwd=photos.parent)
    assert (alone.returncode, alone.stdout, alone.stderr.count("\n")) == (2, "", 1)
    done = fakelens("check", *names, "photos/a real.png", "--json", *options, cwd=photos.parent)
    assert done.returncode == 2
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["path"] for row in rows] == [*names, "photos/a real.png"]
    assert rows[0]["error"].endswith("the pattern matches none")
    assert rows[1]["error"] == "nothing here: is a folder without images"
    assert rows[2]["error"].startswith("http://x.org/y.png: nothing is fetched from the net")
    assert "error" not in rows[3]
    piped = fakelens(
        "check", "-", names[1], *options, cwd=photos.parent, stdin=(photos / "a real.png").read_bytes()
    )
    assert piped.returncode == 2
    assert "nothing here: is a folder without images" in piped.stderr
    assert "-" in piped.stdout


@pytest.mark.skipif(not list_models(), reason="no release model is committed yet")
def test_without_a_model_the_default_release_model_answers(fakelens: Fakelens, photos: Path) -> None:
    done = fakelens("check", photos / "a real.png", "--json", blocked=DEVICE_ONLY)
    assert done.returncode == 0
    assert json.loads(done.stdout)["model"] in list_models()


def test_what_a_folder_holds_beside_pictures_is_counted(
    model_file: Path, save_grey: Callable[[Path, int], Path], tmp_path: Path, fakelens: Fakelens
) -> None:
    folder = tmp_path / "phone"
    save_grey(folder / "a.png", 10)
    (folder / "notes.txt").write_text("no picture")
    (folder / "b.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    (folder / "gone.png").symlink_to("nowhere")
    done = fakelens("check", folder, "--model", model_file, blocked=["pillow_heif"])
    assert done.returncode == 2
    assert done.stderr == (
        f"fakelens: {folder}/gone.png: a link to nothing\n"
        "1 picture: 1 REAL; 3 left out: "
        '1 HEIC skipped: pip install "fakelens[heic]"; 1 not an image; 1 cannot be read\n'
        "no statement found: most real and most fake pictures have none\n"
    )
    done = fakelens("check", folder, "--model", model_file, "--json", "--summary", blocked=["pillow_heif"])
    row, summary = (json.loads(line) for line in done.stdout.splitlines())
    assert row["verdict"] == "real"
    assert summary["summary"]["left_out"]["needs"] == {"HEIC": 1}
    assert summary["summary"]["left_out"]["not_images"] == 1
    assert fakelens("check", folder, "--model", model_file, "--summary").returncode == 2


def test_strict_refuses_a_jpeg_without_its_end(model_file: Path, tmp_path: Path, fakelens: Fakelens) -> None:
    path = tmp_path / "cut.jpg"
    Image.new("RGB", (64, 64), (9, 9, 9)).save(path)
    path.write_bytes(path.read_bytes()[:-2])
    done = fakelens("check", path, "--model", model_file)
    assert (done.returncode, "(the end of the file is missing)\n" in done.stdout) == (0, True)
    strict = fakelens("check", path, "--model", model_file, "--strict")
    assert strict.returncode == 2
    assert "incomplete" in strict.stderr


def test_the_limit_of_megapixels_is_an_option(model_file: Path, tmp_path: Path, fakelens: Fakelens) -> None:
    path = tmp_path / "large.png"
    Image.new("RGB", (2000, 1000)).save(path)
    done = fakelens("check", path, "--model", model_file, "--max-megapixels", 1)
    assert done.returncode == 2
    assert "over the limit of 1 megapixels" in done.stderr
