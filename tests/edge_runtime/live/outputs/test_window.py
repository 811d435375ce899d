"""The window itself, where there is a screen: CI and most devices have none."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from fakelens.edge_runtime.live.controls import Controls
from fakelens.edge_runtime.live.display import has_display
from fakelens.edge_runtime.live.status import LiveStatus

cv2 = pytest.importorskip("cv2", reason="needs the [camera] extra")

pytestmark = pytest.mark.skipif(not has_display(), reason="there is no screen")


def test_a_window_opens_shows_and_closes(make_status: Callable[..., LiveStatus], tmp_path: Path) -> None:
    from fakelens.edge_runtime.live.outputs.window import WindowSink

    controls = Controls()
    window = WindowSink(controls, tmp_path)
    for _ in range(5):
        window.update(make_status(), Image.new("RGB", (64, 48)))
        window.poll()
    assert not controls.stopping
    cv2.destroyAllWindows()  # as a click on its cross does
    window.poll()
    assert controls.stopping
    window.close()
