"""Each name of a source opens the right kind."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.edge_runtime.errors import MissingExtraError, UsageError
from fakelens.edge_runtime.extras import is_installed
from fakelens.edge_runtime.live.source import Resolution
from fakelens.edge_runtime.live.sources.factory import make_source
from fakelens.edge_runtime.live.sources.folder import FolderSource
from tests.conftest import Fakelens


def test_a_name_stands_for_one_kind_of_source(tmp_path: Path) -> None:
    pytest.importorskip("cv2", reason="needs the [camera] extra")
    from fakelens.edge_runtime.live.sources.opencv import CameraSource, StreamSource, VideoSource

    (tmp_path / "clip.mp4").touch()
    size = Resolution(width=320, height=240)
    assert make_source("2", size) == CameraSource(device=2, resolution=size)
    assert make_source("/dev/video3") == CameraSource(device="/dev/video3")
    assert make_source("rtsp://a/b") == StreamSource(url="rtsp://a/b")
    assert make_source(str(tmp_path / "clip.mp4")) == VideoSource(path=tmp_path / "clip.mp4")
    assert make_source((tmp_path / "clip.mp4").as_uri()) == VideoSource(path=tmp_path / "clip.mp4")
    assert make_source("HTTP://a/b") == StreamSource(url="http://a/b")
    assert make_source(str(tmp_path)) == FolderSource(folder=tmp_path)
    assert make_source(tmp_path.as_uri()) == FolderSource(folder=tmp_path)
    assert make_source("test:loop").live
    assert make_source("rtsp://user:secret@a/b").name == "rtsp://***@a/b"


def test_only_a_folder_is_followed(tmp_path: Path) -> None:
    assert make_source(tmp_path.as_uri(), follow=True) == FolderSource(folder=tmp_path, follow=True)
    assert make_source(str(tmp_path), follow=True) == FolderSource(folder=tmp_path, follow=True)
    with pytest.raises(UsageError, match="rtsp://a/b is none: leave --follow out"):
        make_source("rtsp://a/b", follow=True)


def test_only_a_stream_is_waited_for_from_the_start(tmp_path: Path) -> None:
    pytest.importorskip("cv2", reason="needs the [camera] extra")
    assert make_source("http://a/b").remote
    assert not make_source("0").remote
    assert not make_source(str(tmp_path)).live


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no such clip.mp4", "no such clip.mp4: no such file or folder"),
        ("file:///no such clip.mp4", "/no such clip.mp4: no such file or folder"),
        ("rstp://a/b", "did you mean rtsp://?"),
        ("99999999999999999999", "no camera has such a number"),
        ("9" * 5000, "no camera has such a number"),
        ("test:earthquake", "no such test source; there are loop, stall"),
        ("test:loop?fsp=3", "no setting 'fsp'; there are images"),
        ("test:loop?fps=fast", "fps is 'fast', expected a number"),
        ("test:loop?fps=0", "must be over 0"),
    ],
)
def test_what_stands_for_nothing_is_a_usage_error(name: str, reason: str) -> None:
    with pytest.raises(UsageError) as error:
        make_source(name)
    assert reason in str(error.value)


@pytest.mark.skipif(is_installed("picamera2"), reason="picamera2 is installed")
def test_the_pi_camera_needs_a_package_of_debians() -> None:
    with pytest.raises(MissingExtraError, match="apt install python3-picamera2"):
        make_source("picamera")


def test_without_opencv_folders_are_watched_and_cameras_name_the_extra(
    fakelens: Fakelens, model_file: Path, save_greys: Callable[[list[int]], Path]
) -> None:
    done = fakelens("watch", "--source", "0", "--model", model_file, blocked=["cv2"])
    assert done.returncode == 3
    assert done.stdout == ""
    assert 'pip install "fakelens[camera]"' in done.stderr
    assert done.stderr.count("\n") == 1
    done = fakelens("watch", "--source", save_greys([40]), "--model", model_file, blocked=["cv2"])
    assert done.returncode == 0
    assert "REAL" in done.stdout
