"""The window on the screen, by way of OpenCV."""

import os
from pathlib import Path
from typing import Any

from PIL import Image

from fakelens.edge_runtime.errors import SinkError
from fakelens.edge_runtime.extras import load_cv2
from fakelens.edge_runtime.live.controls import Controls
from fakelens.edge_runtime.live.outputs.view import WindowView
from fakelens.edge_runtime.live.status import LiveStatus

_TITLE = "fakelens"
_SIZE = (640, 576)  # px, to begin with


class WindowSink:
    """Shows each status; `poll` hands its keys to the loop. For the main thread."""

    def __init__(self, controls: Controls, folder: Path) -> None:
        """Open the window; snapshots go to `folder`. `SinkError` where this OpenCV has no windows."""
        os.environ.setdefault("QT_LOGGING_RULES", "*.warning=false")  # Qt misses fonts that we do not use
        self._cv2: Any = load_cv2()
        self._controls, self._view = controls, WindowView(controls, folder)
        try:
            self._cv2.namedWindow(_TITLE, _to_flags(self._cv2))
            self._cv2.resizeWindow(_TITLE, *_SIZE)
        except self._cv2.error as error:
            raise SinkError(
                'no window: this OpenCV is built without any; pip install "fakelens[camera]" brings one'
            ) from error

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:
        """Show `status`, over the last frame where it comes without one."""
        self._view.update(status, frame)
        self._show()

    def poll(self) -> None:
        """Take in keys, and the closing of the window; to be called often."""
        if self._view.press(self._cv2.waitKey(1) & 0xFF):
            self._show()
        if self._cv2.getWindowProperty(_TITLE, self._cv2.WND_PROP_VISIBLE) < 1:
            self._controls.stop()

    def close(self) -> None:
        """Close the window."""
        self._cv2.destroyAllWindows()

    def _show(self) -> None:
        canvas = self._view.draw()
        if canvas is not None:
            self._cv2.imshow(_TITLE, canvas)


def _to_flags(cv2: Any) -> int:
    """Resizable, true to the picture's proportions, without Qt's tool bar."""
    return int(cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
