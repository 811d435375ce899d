"""Video files and streams through the real OpenCV."""

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakelens.edge_runtime.errors import CameraError, UsageError
from fakelens.edge_runtime.live.frame import Frame
from fakelens.edge_runtime.live.sources.opencv import CameraSource, StreamSource, VideoSource
from fakelens.edge_runtime.live.status import CameraState
from fakelens.edge_runtime.live.supervisor import CameraConfig, SupervisedSource
from tests.edge_runtime.pictures.video.test_reader import promise_frames

cv2 = pytest.importorskip("cv2", reason="needs the [camera] extra")

LEVELS = (30, 90, 150, 210)


def take_all(camera: SupervisedSource) -> list[Frame]:
    frames: list[Frame] = []
    while not camera.ended:
        frame = camera.take(0.5)
        if frame is not None:
            time.sleep(0.05)  # slower than the reader: nothing is dropped all the same
            frames.append(frame)
    return frames


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Four frames of 64 x 48 px at 10 a second: grey levels on the left, blue on the right."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for level in LEVELS:
        bgr = np.full((48, 64, 3), level, np.uint8)
        bgr[:, 32:] = 255, 0, 0
        writer.write(bgr)
    writer.release()
    return path


def test_a_file_gives_every_frame_in_order_with_its_time(clip: Path) -> None:
    camera = SupervisedSource(VideoSource(path=clip))
    frames = take_all(camera)
    camera.close()
    assert [frame.time_s for frame in frames] == pytest.approx([0.0, 0.1, 0.2, 0.3])
    for frame, level in zip(frames, LEVELS, strict=True):
        rgb = np.asarray(frame.to_image()).astype(int)
        assert rgb.shape == (48, 64, 3)
        assert np.abs(rgb[:, :24] - level).max() < 8
        assert np.abs(rgb[:, 40:] - (0, 0, 255)).max() < 16
    assert camera.dropped == 0


def test_what_is_no_video_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("no video")
    camera = SupervisedSource(VideoSource(path=tmp_path / "notes.mp4"))
    with pytest.raises(UsageError, match=r"notes\.mp4: not a video"):
        take_all(camera)
    assert camera.state is CameraState.STOPPED
    (tmp_path / "notes.mp4").write_bytes(b"")
    with pytest.raises(UsageError, match=r"notes\.mp4: the file is empty$"):
        VideoSource(path=tmp_path / "notes.mp4").open()


def test_a_camera_that_is_not_there_names_the_list() -> None:
    with pytest.raises(CameraError, match="--list") as error:
        CameraSource(device=63).open()
    assert error.value.exit_code == 3


def test_a_stream_that_is_cut_comes_back(stream_server: Any) -> None:
    url = stream_server.url.replace("http://", "http://user:secret@")
    config = CameraConfig(retry_first_s=0.05, retry_most_s=0.1, stall_s=0.5)
    camera = SupervisedSource(StreamSource(url=url, open_timeout_s=2, read_timeout_s=1), config)
    seen = []

    def watch_until(state: CameraState) -> None:
        deadline = time.monotonic() + 15
        while state not in [change.state for change in seen] and time.monotonic() < deadline:
            camera.take(0.1)
            seen.extend(camera.changes)
            camera.changes.clear()

    watch_until(CameraState.RUNNING)
    stream_server.cut.set()
    watch_until(CameraState.RECONNECTING)
    while stream_server.connections < 2:  # it tries again, and is refused
        camera.take(0.05)
    seen.clear()
    stream_server.cut.clear()
    watch_until(CameraState.RUNNING)
    assert camera.state is CameraState.RUNNING
    frame = None
    while frame is None:
        frame = camera.take(0.5)
    assert frame.to_image().size == (64, 48)
    camera.close()
    assert camera.reconnects == 1
    assert stream_server.paths[-1] == "/stream"
    assert not any("secret" in (change.error or "") for change in seen)


def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"rtsp://user:secret@127.0.0.1:{mute.getsockname()[1]}/x"
        start = time.monotonic()
        with pytest.raises(CameraError) as error:
            StreamSource(url=url, open_timeout_s=0.5).open()
        assert time.monotonic() - start < 5
        assert "secret" not in str(error.value)


def test_a_file_is_read_beyond_the_frames_that_its_header_counts(clip: Path) -> None:
    stream = VideoSource(path=promise_frames(clip, 2)).open()
    frames = 0
    while stream.read() is not None:
        frames += 1
    stream.close()
    assert frames == len(LEVELS)


def test_a_file_without_a_frame_is_no_camera_that_failed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    camera = SupervisedSource(VideoSource(path=tmp_path / "text.jpg"))
    with pytest.raises(UsageError, match=r"text\.jpg: no frame of this video decodes; where"):
        take_all(camera)
    assert not caplog.messages


def test_reading_goes_on_after_frames_that_do_not_decode(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / os.fsdecode(b"cl\xffp %03d.mp4")
    plain = tmp_path / "plain.mp4"
    writer = cv2.VideoWriter(str(plain), cv2.VideoWriter_fourcc(*"mp4v"), 1000, (96, 64))
    generator = np.random.default_rng(0)
    for _ in range(60):
        writer.write(generator.integers(0, 256, (64, 96, 3), np.uint8))
    writer.release()
    content = bytearray(plain.read_bytes())
    start = content.find(b"mdat")
    third = (len(content) - start) // 3
    content[start + third : start + third + third // 4] = b"\xaa" * (third // 4)
    path.write_bytes(content)
    stream = VideoSource(path=path).open()
    frames = 0
    while stream.read() is not None:
        frames += 1
    stream.close()
    assert 30 < frames < 60
    assert f"{60 - frames} of 60 frames do not decode" in caplog.text
    assert stream.interval_s == 1 / 25  # a rate that no camera has is not believed
