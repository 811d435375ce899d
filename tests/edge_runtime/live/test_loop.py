"""The live loop from a source to its sinks."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.live.controls import Controls
from fakelens.edge_runtime.live.loop import LiveLoop, LoopConfig
from fakelens.edge_runtime.live.smoothing import SmoothingConfig
from fakelens.edge_runtime.live.sources.faulty import make_rehearsal
from fakelens.edge_runtime.live.sources.folder import FolderSource, FolderStream
from fakelens.edge_runtime.live.status import CameraState
from fakelens.edge_runtime.live.supervisor import CameraConfig, SupervisedSource
from fakelens.edge_runtime.pictures.sources import walk_images
from tests.edge_runtime.provenance.conftest import A1111, make_text_png

SaveGreys = Callable[[list[int]], Path]
RATE = "fps=200&width=32&height=24"


def test_every_picture_of_a_folder_gets_its_score(kept: Any, tile_model: Path, save_greys: SaveGreys) -> None:
    folder = save_greys([10, 220, 128, 40])
    config = LoopConfig(smoothing=SmoothingConfig(seconds=0))
    LiveLoop(SupervisedSource(FolderSource(folder=folder)), Detector(tile_model), [kept], config).run()
    detector = Detector(tile_model)
    verdicts = [detector.check(path) for path in walk_images(folder)]
    assert [status.frame_p_fake for status in kept.checked] == [verdict.p_fake for verdict in verdicts]
    assert [status.label for status in kept.checked] == [verdict.label for verdict in verdicts]
    assert [status.regions for status in kept.checked] == [verdict.regions for verdict in verdicts]
    assert [status.frame_time_s for status in kept.checked] == [0.0, 3600.0, 7200.0, 10800.0]
    assert kept.states == [CameraState.STARTING, CameraState.RUNNING, CameraState.STOPPED]
    last = kept.statuses[-1]
    assert (last.frames, last.dropped, last.width, last.height) == (4, 0, 24, 16)
    assert (last.source, last.model) == (f"{folder}/003.png", "tiles")
    assert last.time.utcoffset() is not None
    assert kept.closed == 1


@pytest.mark.parametrize("pixels_only", [False, True])
def test_a_file_that_declares_a_generator_is_fake_whatever_the_pixels(
    kept: Any, tile_model: Path, save_greys: SaveGreys, pixels_only: bool
) -> None:
    folder = save_greys([10, 10, 10])
    (folder / "001.png").write_bytes(make_text_png("parameters", A1111))  # dark, which the model calls real
    detector = Detector(tile_model, pixels_only=pixels_only)
    LiveLoop(SupervisedSource(FolderSource(folder=folder)), detector, [kept]).run()
    verdicts = [detector.check(path) for path in walk_images(folder)]
    assert [status.label for status in kept.checked] == [verdict.label for verdict in verdicts]
    assert [status.evidence for status in kept.checked] == [verdict.evidence for verdict in verdicts]
    assert [status.pixels_label for status in kept.checked] == [verdict.pixels_label for verdict in verdicts]
    assert [bool(status.evidence) for status in kept.checked] == [False, not pixels_only, False]


def test_each_frame_of_a_camera_is_checked_or_counted(kept: Any, tile_model: Path) -> None:
    source = make_rehearsal("loop?fps=1000&frames=300&width=32&height=24")

    class Slow:
        def update(self, status: Any, frame: Any) -> None:  # noqa: ARG002
            time.sleep(0.01)

        def close(self) -> None: ...

    LiveLoop(SupervisedSource(source), Detector(tile_model), [Slow(), kept]).run()
    last = kept.statuses[-1]
    assert last.dropped > 100
    assert last.frames + last.dropped == 300
    assert 5 < max(status.fps for status in kept.checked[5:]) < 200


def test_the_frame_size_may_change_at_any_moment(kept: Any, tile_model: Path) -> None:
    for budget_ms in (None, 1e-6):
        kept.statuses.clear()
        kept.pictures.clear()
        source = make_rehearsal(f"resize?{RATE}&every=10&frames=40")
        LiveLoop(
            SupervisedSource(source), Detector(tile_model), [kept], LoopConfig(budget_ms=budget_ms)
        ).run()
        assert {(status.width, status.height) for status in kept.checked} == {(32, 24), (16, 12)}
        for status in kept.checked:
            assert all(region.left + region.size <= status.width for region in status.regions)


def test_a_limit_spaces_frames_evenly(kept: Any, tile_model: Path, save_greys: SaveGreys) -> None:
    source = FolderSource(folder=save_greys([50] * 11))
    start = time.monotonic()
    LiveLoop(SupervisedSource(source), Detector(tile_model), [kept], LoopConfig(fps_limit=20)).run()
    assert 0.5 <= time.monotonic() - start < 5
    assert kept.statuses[-1].frames == 11


def test_stopping_is_heeded_in_every_state(kept: Any, tile_model: Path) -> None:
    for text in (f"loop?{RATE}", f"stall?{RATE}&every=3&seconds=30", f"disconnect?{RATE}&every=3"):
        controls = Controls()
        camera = SupervisedSource(make_rehearsal(text), CameraConfig(close_s=0.1, retry_first_s=30))
        threading.Timer(0.3, controls.stop).start()
        start = time.monotonic()
        LiveLoop(camera, Detector(tile_model), [kept], controls=controls).run()
        assert time.monotonic() - start < 5
        assert kept.statuses[-1].state is CameraState.STOPPED


def test_sinks_hear_of_a_camera_that_is_away(kept: Any, tile_model: Path) -> None:
    camera = SupervisedSource(make_rehearsal(f"disconnect?{RATE}&every=3"), CameraConfig(retry_first_s=30))
    controls = Controls()
    threading.Timer(1.2, controls.stop).start()
    config = LoopConfig(heartbeat_s=0.1, poll_s=0.02)
    LiveLoop(camera, Detector(tile_model), [kept], config, controls).run()
    away = [status for status in kept.statuses if status.state is CameraState.RECONNECTING]
    assert len(away) >= 4
    assert all("as rehearsed" in status.error for status in away)
    assert away[-1].label is not None  # what was seen last stays known


def test_paused_frames_pass_by_and_a_file_waits(kept: Any, tile_model: Path, save_greys: SaveGreys) -> None:
    for source, passes in (
        (make_rehearsal(f"loop?{RATE}&frames=100"), True),
        (FolderSource(folder=save_greys([50] * 5)), False),
    ):
        controls = Controls()
        controls.paused = True
        resume = threading.Timer(0.2, setattr, (controls, "paused", False))
        resume.start()
        config = LoopConfig(heartbeat_s=0.05, poll_s=0.02)
        LiveLoop(SupervisedSource(source), Detector(tile_model), [kept], config, controls).run()
        last = kept.statuses[-1]
        assert any(status.paused for status in kept.statuses)
        if passes:
            assert last.dropped >= 5
            assert last.frames + last.dropped == 100
        else:
            assert (last.frames, last.dropped) == (5, 0)
        kept.statuses.clear()


def test_an_error_closes_camera_and_sinks(kept: Any, tile_model: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    np.save(tmp_path / "empty" / "not an image.npy", np.zeros(3))
    (tmp_path / "empty" / "x.png").write_text("no image")
    with pytest.raises(UsageError, match="1 of 1 pictures got no answer"):
        LiveLoop(
            SupervisedSource(FolderSource(folder=tmp_path / "empty")), Detector(tile_model), [kept]
        ).run()
    assert kept.closed == 1
    assert "got no answer" in kept.statuses[-1].error


class _SlowCamera(FolderSource):
    """A folder whose pictures are a second apart."""

    def open(self) -> FolderStream:
        stream = super().open()
        stream.interval_s = 1.0
        return stream


def test_the_label_is_the_smoothed_one(kept: Any, tile_model: Path, save_greys: SaveGreys) -> None:
    folder = save_greys([40] * 6 + [220] + [40] * 6)
    config = LoopConfig(smoothing=SmoothingConfig(seconds=4))
    LiveLoop(SupervisedSource(_SlowCamera(folder=folder)), Detector(tile_model), [kept], config).run()
    assert kept.checked[6].frame_p_fake > 0.99
    assert {status.label for status in kept.checked} == {Label.REAL}
