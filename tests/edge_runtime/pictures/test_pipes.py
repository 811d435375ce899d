"""Names that are no files: a pipe with a writer is as good as a file, everything else is one line."""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.live.sources.folder import FolderSource
from fakelens.edge_runtime.pictures import pipes
from fakelens.edge_runtime.pictures.contents import read_whole
from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.edge_runtime.scan.failure import Failure, tell_failure
from tests.conftest import Fakelens

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
PIXELS = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    info = PngInfo()
    info.add_text("Software", "NovelAI")
    Image.fromarray(PIXELS).save(tmp_path / "a.png", pnginfo=info)
    return tmp_path / "a.png"


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe.jpg")
    return tmp_path / "pipe.jpg"


@contextmanager
def write(pipe: Path, *blocks: bytes, wait_s: float = 0.0) -> Iterator[None]:
    """Write into `pipe` from another thread, with a pause before the first block and after each."""

    def work() -> None:
        time.sleep(wait_s)
        with pipe.open("wb", buffering=0) as file:
            for block in blocks:
                file.write(block)
                time.sleep(wait_s)

    writer = threading.Thread(target=work)
    writer.start()
    yield
    writer.join()


def test_a_pipe_is_read_whole_once(pipe: Path, picture: Path, model_file: Path) -> None:
    content = picture.read_bytes()
    with write(pipe, content):
        assert read_whole(pipe) == content
    with write(pipe, content):
        assert (np.asarray(load_image(pipe)) == PIXELS).all()
    detector = Detector(model_file)
    plain = detector.check_file(picture, "a.png").verdict
    with write(pipe, content):
        piped = detector.check_file(pipe, "pipe.jpg").verdict
    assert plain is not None
    assert piped is not None
    assert (piped.p_fake, piped.label, piped.evidence) == (plain.p_fake, plain.label, plain.evidence)
    assert piped.evidence  # what the file says of itself is not lost
    with write(pipe, content):
        assert detector.check(pipe).p_fake == plain.p_fake


def test_a_writer_may_be_late_and_slow(pipe: Path, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipes, "WAITS_S", 1.0)
    content = picture.read_bytes()
    with write(pipe, content[:100], content[100:200], content[200:], wait_s=0.5):
        assert read_whole(pipe) == content
    monkeypatch.setattr(pipes, "WAITS_S", 0.1)  # a pause is longer, but somebody has it open
    descriptor = os.open(pipe, os.O_RDWR)
    try:
        closing = threading.Timer(0.5, os.close, [descriptor])
        os.write(descriptor, content)
        closing.start()
        assert read_whole(pipe) == content
    finally:
        closing.join()


def test_a_pipe_that_nobody_writes_into_is_not_waited_for(
    pipe: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipes, "WAITS_S", 0.1)
    line = f"{pipe}: a pipe that nobody writes into; start what does first, or give a file"
    for read in (read_whole, load_image, Detector(model_file).check):
        with pytest.raises(ImageError) as caught:
            read(pipe)
        assert str(caught.value) == line
    assert Detector(model_file).check_file(pipe, str(pipe)).error == line
    assert tell_failure(str(pipe), line) is Failure.NOT_AN_IMAGE


def test_an_animation_and_what_is_no_picture_come_out_of_a_pipe_too(
    pipe: Path, tmp_path: Path, model_file: Path
) -> None:
    frames = [Image.new("RGB", (32, 24), colour) for colour in ("red", "lime", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    with write(pipe, (tmp_path / "a.gif").read_bytes()):
        assert len(Detector(model_file).check_file(pipe, "pipe.jpg").moments) == 3
    for content, reason in (
        (b"", "the file is empty"),
        (b"a text, not a photo", "not an image"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", "a video, which is read from a file: save it first"),
    ):
        with write(pipe, content):
            assert reason in (Detector(model_file).check_file(pipe, "pipe.jpg").error or "")


def test_sockets_and_devices_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's name has a hundred bytes at most
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket.jpg")
    for path, reason in (
        (Path("socket.jpg"), "a socket, not an image; give a file"),
        (Path("/dev/zero"), "a terminal or other device, not an image; give a file, or a camera to "),
    ):
        with pytest.raises(ImageError, match=f"{path}: {reason}"):
            load_image(path)
        with pytest.raises(ImageError, match=f"{path}: {reason}"):
            read_whole(path)


def test_a_check_of_such_names_ends(
    fakelens: Fakelens, pipe: Path, picture: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipes, "WAITS_S", 0.1)
    page = picture.with_name("page.html")
    done = fakelens("check", pipe, picture, "--model", model_file, "--json", "--html", page)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 2
    assert [row["verdict"] for row in rows] == [None, "fake"]
    assert "nobody writes" in rows[0]["error"]
    assert "nobody writes" in page.read_text()
    done = fakelens("check", pipe, picture, "--evidence-only")
    assert (done.returncode, done.stderr.count("nobody writes")) == (2, 1)
    assert "NovelAI" in done.stdout


@pytest.mark.usefixtures("pipe", "picture")
def test_a_folder_counts_them(
    tmp_path: Path, fakelens: Fakelens, tmp_path_factory: pytest.TempPathFactory
) -> None:
    os.mkfifo(tmp_path / "no_suffix")
    done = fakelens("check", tmp_path)
    assert "2 left out: 2 not images" in done.stderr
    assert FolderSource(folder=tmp_path).open().read() is not None
    done = fakelens("scan", tmp_path, "-o", tmp_path_factory.mktemp("scan") / "verdicts")
    assert "skipped: 2 not images" in done.stderr
