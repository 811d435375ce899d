"""A status in Prometheus's text format, version 0.0.4."""

from collections.abc import Iterable
from importlib.metadata import version

from fakelens.edge_runtime.live.status import CameraState, LiveStatus
from fakelens.edge_runtime.verdict import Label

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[dict[str, str], float | None]


def render_metrics(status: LiveStatus | None, temperature_c: float | None) -> str:
    """Return the metrics of `status` and of the device; what is not known yet has no sample."""
    text = _family("temperature_celsius", "gauge", "Temperature of the processor.", [({}, temperature_c)])
    if status is None:
        return text
    about = {"version": version("fakelens"), "model": status.model, "source": status.source}
    seconds = None if status.inference_ms is None else status.inference_ms / 1e3
    states: list[Sample] = [({"state": str(state)}, state is status.state) for state in CameraState]
    labels: list[Sample] = [({"verdict": str(label)}, label is status.label) for label in Label]
    families: list[tuple[str, str, str, list[Sample]]] = [
        ("info", "gauge", "What runs; always 1.", [(about, 1)]),
        ("camera_state", "gauge", "1 for the state of the camera, 0 for the others.", states),
        ("verdict", "gauge", "1 for the smoothed verdict, 0 for the others.", labels),
        ("p_fake", "gauge", "P(fake), smoothed.", [({}, status.p_fake)]),
        ("frame_p_fake", "gauge", "P(fake) of the last frame alone.", [({}, status.frame_p_fake)]),
        ("frames_total", "counter", "Frames checked.", [({}, status.frames)]),
        ("dropped_frames_total", "counter", "Frames captured but never checked.", [({}, status.dropped)]),
        ("reconnects_total", "counter", "Reconnections to the camera.", [({}, status.reconnects)]),
        ("frames_per_second", "gauge", "Frames checked a second, lately.", [({}, status.fps)]),
        ("inference_seconds", "gauge", "Inference of the last frame.", [({}, seconds)]),
        ("update_timestamp_seconds", "gauge", "Time of the last status.", [({}, status.time.timestamp())]),
    ]
    return text + "".join(_family(*family) for family in families)


def _family(name: str, kind: str, text: str, samples: Iterable[Sample]) -> str:
    rows = [f"fakelens_{name}{_labels(labels)} {float(v)!r}\n" for labels, v in samples if v is not None]
    return f"# HELP fakelens_{name} {text}\n# TYPE fakelens_{name} {kind}\n{''.join(rows)}" if rows else ""


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items()) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
