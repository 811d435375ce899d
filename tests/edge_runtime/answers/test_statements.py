"""A file's declaration decides; a missing one decides nothing; both are shown."""

import csv
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from fakelens.edge_runtime.answers.page import PageSink
from fakelens.edge_runtime.answers.pages.picture import PageModel
from fakelens.edge_runtime.check.batch import BatchConfig, check_batch
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.provenance.evidence import NO_STATEMENT, Source, Strength
from tests.conftest import Fakelens
from tests.edge_runtime.provenance.conftest import (
    A1111,
    created,
    make_app11,
    make_exif,
    make_manifest,
    make_segment,
    make_store,
    make_text_png,
)

CAMERA_EXIF = make_exif({0x010F: b"Canon\0", 0x0110: b"EOS R5\0"}, {0x829A: bytes(8)})


def dark_png(text: str = A1111) -> bytes:
    """A picture that the model calls REAL, with a text."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (40, 40, 40)).save(buffer, "PNG")
    return (
        buffer.getvalue()[:33]
        + make_text_png("parameters", text)[33:][: 12 + 11 + len(text)]
        + buffer.getvalue()[33:]
    )


def bright_jpeg(*segments: tuple[int, bytes]) -> bytes:
    """A picture that the model calls FAKE, with segments."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (230, 230, 230)).save(buffer, "JPEG", quality=100)
    plain = buffer.getvalue()
    return plain[:2] + b"".join(make_segment(*segment) for segment in segments) + plain[2:]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A declared generator, a camera's file and one without a statement."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.png").write_bytes(dark_png())
    (tmp_path / "files" / "b.jpg").write_bytes(bright_jpeg((0xE1, b"Exif\0\0" + CAMERA_EXIF)))
    (tmp_path / "files" / "c.png").write_bytes(dark_png("nothing"))
    return tmp_path / "files"


def test_a_declared_generator_is_fake_whatever_the_pixels(model_file: Path) -> None:
    verdict = Detector(model_file).check(dark_png())
    assert verdict.label is Label.FAKE
    assert verdict.pixels_label is Label.REAL
    assert verdict.p_fake < 0.1  # of the pixels, as ever
    assert [item.strength for item in verdict.evidence or ()] == [Strength.DECLARES_GENERATED]


def test_pixels_only_leaves_it_out(model_file: Path) -> None:
    verdict = Detector(model_file, pixels_only=True).check(dark_png())
    assert (verdict.label, verdict.pixels_label, verdict.evidence) == (Label.REAL, None, None)


def test_a_camera_turns_no_fake_into_real(model_file: Path) -> None:
    store = make_store(make_manifest(actions=[created("digitalCapture")]))
    file = bright_jpeg((0xE1, b"Exif\0\0" + CAMERA_EXIF), *make_app11(store))
    verdict = Detector(model_file).check(file)
    assert (verdict.label, verdict.pixels_label) == (Label.FAKE, None)
    assert {item.strength for item in verdict.evidence or ()} == {Strength.SPEAKS_FOR_A_CAMERA, Strength.NOTE}


def test_a_contradiction_is_said(model_file: Path) -> None:
    store = make_store(make_manifest(actions=[created()]))
    verdict = Detector(model_file).check(bright_jpeg((0xE1, b"Exif\0\0" + CAMERA_EXIF), *make_app11(store)))
    (note,) = [item for item in verdict.evidence or () if item.source is Source.FILE]
    assert note.what.startswith("contradiction")
    assert note.words == "Canon EOS R5"


def test_a_picture_without_a_file_is_not_asked(model_file: Path) -> None:
    assert Detector(model_file).check(Image.new("RGB", (8, 8))).evidence is None


def test_recompression_turns_no_declared_generator_over(model_file: Path, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(dark_png())
    detector = Detector(model_file)
    result = check_batch(detector, [str(tmp_path / "a.png")], config=BatchConfig(stable=True))
    assert result.counts[Label.FAKE] == 1


def test_text_says_it_below_the_verdict(fakelens: Fakelens, model_file: Path, folder: Path) -> None:
    done = fakelens("check", folder, "--model", model_file)
    assert done.returncode == 0
    verdict, says, camera, camera_says, plain = done.stdout.splitlines()
    assert verdict == f"FAKE   P(fake) 0.004  {folder}/a.png"
    assert says.startswith("       says so itself: holds the settings of a Stable Diffusion program")
    assert says.endswith("its pixels alone: REAL")
    assert camera.startswith("FAKE")
    assert camera_says.startswith(
        '       speaks-for-a-camera: its EXIF names a camera and the exposure: "Canon EOS R5"'
    )
    assert plain.startswith("REAL")
    assert done.stderr.splitlines()[-1] == (
        f"statements of the files: 1 declares-generated, 1 speaks-for-a-camera, 1 without ({NO_STATEMENT})"
    )


def test_one_file_without_a_statement_gets_the_sentence(
    fakelens: Fakelens, model_file: Path, folder: Path
) -> None:
    done = fakelens("check", folder / "c.png", "--model", model_file)
    assert f"File {NO_STATEMENT}" in " ".join(done.stdout.split())
    done = fakelens("check", folder / "c.png", "--model", model_file, "--pixels-only")
    assert "File" not in done.stdout.split()


def test_json_and_csv_carry_it(fakelens: Fakelens, model_file: Path, folder: Path) -> None:
    done = fakelens("check", folder, "--json", "--model", model_file)
    generated, camera, plain = map(json.loads, done.stdout.splitlines())
    assert (generated["verdict"], generated["pixels"]) == ("fake", "real")
    (statement,) = generated["evidence"]
    assert statement["source"] == "text"
    assert statement["strength"] == "declares-generated"
    assert statement["words"].startswith("a photo of a cat")
    assert statement["where"] == "PNG chunk tEXt at byte 33"
    assert "pixels" not in camera
    assert plain["evidence"] == []
    done = fakelens("check", folder, "--csv", "--model", model_file)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["evidence"].partition(":")[0] for row in rows] == [
        "declares-generated",
        "speaks-for-a-camera",
        "",
    ]


def test_the_page_shows_it_escaped(model_file: Path, tmp_path: Path) -> None:
    detector = Detector(model_file)
    page = PageSink(PageModel(contract=detector.contract, decision=detector.decision))
    page.write(detector.check_file(dark_png("<b>" + A1111), "x.png"))
    page.save(tmp_path / "x.html")
    text = (tmp_path / "x.html").read_text()
    assert "The file itself says that a generator made the picture." in text
    assert "<strong>Declares a generator</strong>: holds the settings of" in text
    assert "&lt;b&gt;a photo of a cat" in text
    assert "<b>a photo" not in text


def test_evidence_only_gives_statements_alone(fakelens: Fakelens, folder: Path) -> None:
    done = fakelens("check", folder, "--evidence-only", "--json")
    assert done.returncode == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["verdict"] for row in rows] == ["fake", None, None]
    assert [len(row["evidence"]) for row in rows] == [1, 1, 0]
    done = fakelens("check", folder, "--evidence-only", "--fail-on", "fake")
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == f"FAKE   {folder}/a.png"
    assert done.stdout.splitlines()[-1] == f"       {NO_STATEMENT}"
    done = fakelens("check", "-", folder / "missing.png", "--evidence-only", "--csv", stdin=dark_png())
    assert done.returncode == 2
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert (rows[0]["path"], rows[0]["verdict"]) == ("'-", "fake")  # no formula for a spreadsheet
    assert rows[1]["error"].endswith("missing.png: no such file")


def test_evidence_only_needs_no_decoder_and_counts_what_it_leaves_out(
    fakelens: Fakelens, folder: Path
) -> None:
    (folder / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200))
    (folder / "notes.txt").write_text("no picture")
    (folder / "gone.png").symlink_to("nowhere")
    done = fakelens("check", folder, "--evidence-only", "--json", "--summary")
    assert done.returncode == 2
    *rows, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert f"{folder}/phone.heic" in [row["path"] for row in rows]
    assert last["summary"]["files"] == len(rows)
    assert last["summary"]["left_out"]["not_images"] == 1
    assert len(last["summary"]["left_out"]["unreadable"]) == 1
    assert "note: left out: 1 not an image; 1 cannot be read" in done.stderr
    done = fakelens("check", folder / "notes.txt", "--evidence-only")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"fakelens: {folder}/notes.txt: not an image, so it says nothing of one\n"


def test_evidence_only_refuses_what_it_would_ignore(
    fakelens: Fakelens, model_file: Path, folder: Path
) -> None:
    done = fakelens("check", folder, "--evidence-only", "--model", model_file)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "leave out --model" in done.stderr
