"""Everything that a live status goes to, opened as the command line asks."""

import logging
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from fakelens.edge_runtime.errors import SinkError
from fakelens.edge_runtime.extras import is_installed
from fakelens.edge_runtime.live.controls import Controls
from fakelens.edge_runtime.live.display import has_display
from fakelens.edge_runtime.live.outputs.jsonl import JsonlSink, open_jsonl
from fakelens.edge_runtime.live.outputs.recorder import Recorder, RecorderConfig
from fakelens.edge_runtime.live.outputs.systemd import WatchdogSink
from fakelens.edge_runtime.live.outputs.terminal import TerminalSink
from fakelens.edge_runtime.live.status import LiveSink
from fakelens.edge_runtime.modelfile.contract import Decision

STDOUT = "-"


@dataclass(frozen=True, kw_only=True)
class OutputConfig:
    """Where results go; what is None or False is left out."""

    window: bool  # where there is a screen
    jsonl: str | None  # a path, or - for stdout
    interval_s: float  # of its lines
    recorder: RecorderConfig | None
    preview: str | None  # HOST:PORT
    token: str | None  # of the preview
    mqtt: str | None  # URL of the broker
    decision: Decision | None = None  # of the model: the preview shows its band


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What was opened."""

    sinks: tuple[LiveSink, ...]
    poll: Callable[[], None] | None  # to be called often, from the main thread: the window's keys
    preview_url: str | None


def open_outputs(config: OutputConfig, controls: Controls) -> Outputs:
    """Open all; where one cannot be, the others are closed and its error raised."""
    sinks: list[LiveSink] = []
    poll = preview_url = None
    with ExitStack() as opened:

        def add(sink: LiveSink) -> None:
            opened.callback(sink.close)
            sinks.append(sink)

        if config.jsonl != STDOUT:
            add(TerminalSink(sys.stdout))
        if config.jsonl is not None:
            to_stdout = config.jsonl == STDOUT
            add(
                JsonlSink(sys.stdout, config.interval_s)
                if to_stdout
                else open_jsonl(Path(config.jsonl), config.interval_s)
            )
        if config.recorder is not None:
            add(Recorder(config.recorder))
        if config.mqtt is not None:
            from fakelens.edge_runtime.live.outputs.mqtt import MqttSink

            add(MqttSink(config.mqtt))
        if config.preview is not None:
            from fakelens.edge_runtime.live.preview.sink import PreviewConfig, PreviewSink

            preview = PreviewSink(
                PreviewConfig(address=config.preview, token=config.token, decision=config.decision)
            )
            preview_url = preview.url
            add(preview)
        add(WatchdogSink())
        if config.window and is_installed("cv2") and has_display():
            from fakelens.edge_runtime.live.outputs.window import WindowSink

            try:
                window = WindowSink(controls, Path())
                poll = window.poll
                add(window)
            except SinkError as error:  # headless, without being asked
                logging.getLogger(__name__).warning("%s", error)
        opened.pop_all()
    return Outputs(sinks=tuple(sinks), poll=poll, preview_url=preview_url)
