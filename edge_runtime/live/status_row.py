"""A status as one flat row, the same for every program that reads it: over HTTP, by MQTT."""

from fakelens.edge_runtime.answers.statements import to_rows
from fakelens.edge_runtime.escape import to_text
from fakelens.edge_runtime.live.status import LiveStatus

Row = dict[str, str | float | bool | list[dict[str, str]] | None]


def make_row(status: LiveStatus) -> Row:
    """Return what `status` holds but its regions; names and rounding as in `fakelens check --json`."""
    return {
        "time": status.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "state": str(status.state),
        "verdict": None if status.label is None else str(status.label),
        "p_fake": _round(status.p_fake, 6),
        "frame_p_fake": _round(status.frame_p_fake, 6),
        "frames": status.frames,
        "dropped": status.dropped,
        "reconnects": status.reconnects,
        "fps": round(status.fps, 2),
        "ms": _round(status.inference_ms, 3),
        "width": status.width,
        "height": status.height,
        "paused": status.paused,
        "source": to_text(status.source),
        "model": to_text(status.model),
        "error": None if status.error is None else to_text(status.error),
        "note": status.note,
        "reason": None if status.reason is None else str(status.reason),
        "pixels": None if status.pixels_label is None else str(status.pixels_label),
        "evidence": None if status.evidence is None else to_rows(status.evidence),
    }


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
