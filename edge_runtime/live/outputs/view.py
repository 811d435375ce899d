"""The picture for the screen: frame, verdict, and help on the keys."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image

from fakelens.edge_runtime.answers.heatmap import paint_regions
from fakelens.edge_runtime.answers.statements import describe
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.extras import load_cv2
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.live.controls import Controls
from fakelens.edge_runtime.live.status import CameraState, LiveStatus
from fakelens.edge_runtime.pictures.encode import encode_png
from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.edge_runtime.provenance.evidence import quote

_KEYS = "q quit   h heat   s snapshot   space pause"
_EMPTY = (640, 480)  # px, before the first frame
_LEAST_WIDTH = 480  # px, for the text to fit
_PANEL = 96  # px, of a canvas 640 wide
_COLOURS = {  # BGR, as on every page and plot
    Label.REAL: (178, 114, 0),
    Label.FAKE: (0, 159, 230),
    Label.UNSURE: (118, 118, 118),
}
_WHITE, _GREY, _DARK = (255, 255, 255), (190, 190, 190), (32, 32, 32)
_ESCAPE = 27
_MOST_CHARS = 78  # of a line on the panel


def paint(status: LiveStatus, frame: Image.Image | None, note: str = "") -> ImageU8:
    """Return the canvas for `frame`, uint8 BGR: the picture over a panel that tells its status."""
    cv2 = load_cv2()
    picture = np.zeros((*_EMPTY[::-1], 3), np.uint8) if frame is None else np.asarray(frame)[..., ::-1]
    height, width = picture.shape[:2]
    wide = max(width, _LEAST_WIDTH)
    scale = wide / _EMPTY[0]
    canvas = np.full((height + round(_PANEL * scale), wide, 3), _DARK, np.uint8)
    canvas[:height, (wide - width) // 2 : (wide - width) // 2 + width] = picture

    def write(text: str, x: float, y: float, size: float, colour: tuple[int, int, int]) -> None:
        place = round(x * scale), height + round(y * scale)
        weight = max(1, round(1.6 * size * scale))
        cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, size * scale, colour, weight, cv2.LINE_AA)

    colour = _GREY if status.label is None else _COLOURS[status.label]
    write("..." if status.label is None else str(status.label).upper(), 12, 38, 1.0, colour)
    if status.p_fake is not None:
        left, top, right, bottom = 190, 16, 628, 40
        corners = [(round(x * scale), height + round(y * scale)) for x, y in ((left, top), (right, bottom))]
        cv2.rectangle(canvas, *corners, _GREY, 1)
        end = corners[0][0] + round((corners[1][0] - corners[0][0]) * status.p_fake)
        cv2.rectangle(canvas, corners[0], (end, corners[1][1]), colour, cv2.FILLED)
        write(f"P(fake) {status.p_fake:.3f}", left + 8, 34, 0.5, _WHITE)
    state = "paused" if status.paused else str(status.state)
    running = status.state is CameraState.RUNNING
    write(
        f"camera {state}   {status.fps:.1f} fps   {status.model}", 12, 64, 0.45, _WHITE if running else colour
    )
    said = describe(status.evidence, status.pixels_label)
    write(note or status.error or (quote(said, _MOST_CHARS) if said else _KEYS), 12, 86, 0.42, _GREY)
    return canvas


class WindowView:
    """The latest status, and what was asked by key; draws it, opens nothing."""

    def __init__(self, controls: Controls, folder: Path) -> None:
        """Snapshots go to `folder`."""
        self._controls, self._folder = controls, folder
        self._heat, self._note = False, ""
        self._status: LiveStatus | None = None
        self._frame: Image.Image | None = None
        self._keys: dict[int, Callable[[], str]] = {
            ord("q"): self._quit,
            _ESCAPE: self._quit,
            ord("h"): self._toggle_heat,
            ord("s"): self._save_snapshot,
            ord(" "): self._toggle_pause,
        }

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:
        """Take in `status`; one without a frame goes over the last."""
        self._status, self._frame = status, frame or self._frame

    def press(self, key: int) -> bool:
        """Do what the key with this code stands for; whether it is one of ours."""
        action = self._keys.get(key)
        if action is not None:
            self._note = action()
        return action is not None

    def draw(self) -> ImageU8 | None:
        """Return the canvas, uint8 BGR; None before the first status."""
        if self._status is None:
            return None
        frame = self._frame
        if self._heat and frame is not None and self._status.regions:
            frame = paint_regions(frame, self._status.regions)
        return paint(self._status, frame, self._note)

    def _quit(self) -> str:
        self._controls.stop()
        return "ending"

    def _toggle_heat(self) -> str:
        self._heat = not self._heat
        whole = self._frame is not None and self._status is not None and not self._status.regions
        return "no heat: this model sees each picture as a whole" if self._heat and whole else ""

    def _toggle_pause(self) -> str:
        self._controls.paused = not self._controls.paused
        return "space goes on" if self._controls.paused else ""

    def _save_snapshot(self) -> str:
        if self._frame is None:
            return "no picture yet"
        name = f"fakelens-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"[:-3] + "Z.png"
        try:
            write_atomic(self._folder / name, encode_png(self._frame))
        except OSError as error:  # watching goes on
            return f"no snapshot: {error.strerror}"
        return f"saved {name}"
