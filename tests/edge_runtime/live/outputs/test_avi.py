"""Clips that the real FFmpeg inside OpenCV plays."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.live.outputs.avi import AviWriter

cv2 = pytest.importorskip("cv2", reason="needs the [camera] extra")


def encode(level: int, size: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((*size[::-1], 3), level, np.uint8)).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


@pytest.mark.parametrize("size", [(64, 48), (33, 17)])
def test_every_frame_can_be_played_at_its_time(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "clip.avi"
    levels = [20, 60, 100, 140, 180, 220, 250]
    writer = AviWriter(path, *size, fps=5)
    for level in levels:
        writer.add(encode(level, size))
    writer.close()
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(5)
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == len(levels)
    for level in levels:
        found, pixels = capture.read()
        assert found
        assert pixels.shape == (*size[::-1], 3)
        assert abs(int(pixels.mean()) - level) < 4
    assert not capture.read()[0]
    capture.set(cv2.CAP_PROP_POS_FRAMES, 5)  # by the index
    assert abs(int(capture.read()[1].mean()) - levels[5]) < 4


def test_the_sizes_in_the_file_agree_with_it(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    frames = [encode(3, (8, 8)), encode(3, (8, 8)) + b"x", encode(200, (8, 8))]  # of odd and even length
    writer = AviWriter(path, 8, 8, fps=5)
    for frame in frames:
        writer.add(frame)
    writer.close()
    content = path.read_bytes()
    assert int.from_bytes(content[4:8], "little") == len(content) - 8
    movie = content.index(b"movi")
    assert content[movie + int.from_bytes(content[movie - 4 : movie], "little") :][:4] == b"idx1"
    index = content[content.index(b"idx1") + 8 :]
    for number, frame in enumerate(frames):
        name, _, offset, length = struct.unpack_from("<4sIII", index, 16 * number)
        place = movie + offset
        assert content[place : place + 4] == name == b"00dc"
        assert content[place + 8 : place + 8 + length] == frame


def test_a_clip_without_frames_is_a_file_all_the_same(tmp_path: Path) -> None:
    AviWriter(tmp_path / "clip.avi", 8, 8, fps=5).close()
    assert (tmp_path / "clip.avi").read_bytes()[:4] == b"RIFF"
