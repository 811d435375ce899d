"""A status as metrics for Prometheus."""

from importlib.metadata import version

from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.live.status import CameraState, LiveStatus
from fakelens.edge_runtime.web.exposition import Sample, format_family


def render_metrics(status: LiveStatus | None, temperature_c: float | None) -> str:
    """Return the metrics of `status` and of the device; what is not known yet has no sample."""
    text = format_family(
        "temperature_celsius", "gauge", "Temperature of the processor.", [({}, temperature_c)]
    )
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
    return text + "".join(format_family(*family) for family in families)
