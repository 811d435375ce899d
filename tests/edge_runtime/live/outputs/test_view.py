"""The drawing on the screen, and the effect of the keys."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.live.controls import Controls
from fakelens.edge_runtime.live.status import CameraState, LiveStatus

pytest.importorskip("cv2", reason="needs the [camera] extra")

from fakelens.edge_runtime.live.outputs.view import WindowView, paint

MakeStatus = Callable[..., LiveStatus]
ORANGE, BLUE = (0, 159, 230), (178, 114, 0)  # BGR


def make_picture(size: tuple[int, int] = (640, 480)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), np.uint8))


def count(canvas: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int((canvas == colour).all(axis=2).sum())


def test_the_picture_is_shown_as_it_is_above_the_panel(make_status: MakeStatus) -> None:
    picture = make_picture()
    canvas = paint(make_status(), picture)
    np.testing.assert_array_equal(canvas[:480, :, ::-1], np.asarray(picture))
    assert canvas.shape == (576, 640, 3)


def test_the_bar_grows_with_p_fake_and_has_the_verdicts_colour(make_status: MakeStatus) -> None:
    picture = Image.new("RGB", (640, 480))
    few, many = (count(paint(make_status(p_fake=p), picture), ORANGE) for p in (0.2, 0.9))
    assert many > 3 * few
    real = paint(make_status(label=Label.REAL, p_fake=0.2), picture)
    assert count(real, ORANGE) == 0
    assert count(real, BLUE) > 100


@pytest.mark.parametrize("size", [(1, 1), (64, 48), (480, 2000), (1920, 1080)])
def test_frames_of_any_size_are_shown(make_status: MakeStatus, size: tuple[int, int]) -> None:
    canvas = paint(make_status(), make_picture(size))
    assert canvas.shape[0] > size[1]
    assert canvas.shape[1] == max(480, size[0])
    assert count(canvas[size[1] :], ORANGE) > 50


def test_state_error_and_keys_are_readable_differences(make_status: MakeStatus) -> None:
    texts = [
        paint(status, None)
        for status in (
            make_status(),
            make_status(state=CameraState.STALLED),
            make_status(error="0: no frame for 3 s"),
            make_status(paused=True),
            make_status(fps=3),
            make_status(label=None, p_fake=None),
        )
    ]
    assert len({text.tobytes() for text in texts}) == len(texts)


def test_the_keys(make_status: MakeStatus, tmp_path: Path) -> None:
    controls = Controls()
    view = WindowView(controls, tmp_path)
    assert view.draw() is None
    picture = make_picture((16, 8))
    view.update(make_status(), picture)
    plain = view.draw()
    assert view.press(ord("h"))  # heat: the left half is fake, the right half real
    heat = view.draw()
    assert plain is not None
    assert heat is not None
    assert not np.array_equal(heat[:8], plain[:8])
    view.press(ord("h"))
    np.testing.assert_array_equal(view.draw(), plain)

    view.press(ord(" "))
    assert controls.paused
    view.press(ord(" "))
    assert not controls.paused

    view.press(ord("s"))
    (snapshot,) = tmp_path.glob("fakelens-*.png")
    np.testing.assert_array_equal(np.asarray(Image.open(snapshot)), np.asarray(picture))

    assert not view.press(ord("x"))
    assert not view.press(255)  # none was pressed
    assert not controls.stopping
    view.press(ord("q"))
    assert controls.stopping


def test_a_snapshot_that_cannot_be_written_is_told(make_status: MakeStatus, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    view = WindowView(Controls(), tmp_path / "file")
    view.update(make_status(), make_picture((16, 8)))
    before = view.draw()
    view.press(ord("s"))
    assert not np.array_equal(view.draw(), before)


def test_a_status_without_a_frame_goes_over_the_last(make_status: MakeStatus, tmp_path: Path) -> None:
    view = WindowView(Controls(), tmp_path)
    picture = make_picture()
    view.update(make_status(), picture)
    view.update(replace(make_status(), state=CameraState.STALLED), None)
    canvas = view.draw()
    assert canvas is not None
    np.testing.assert_array_equal(canvas[:480, :, ::-1], np.asarray(picture))
