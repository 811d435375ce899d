"""The command of the live checker: `watch`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from fakelens.edge_runtime import options as shared
from fakelens.edge_runtime.errors import CameraError, UsageError
from fakelens.edge_runtime.files import refuse_within
from fakelens.edge_runtime.live import options

if TYPE_CHECKING:
    from fakelens.edge_runtime.detection.detector import Detector
    from fakelens.edge_runtime.live.loop import LoopConfig
    from fakelens.edge_runtime.live.outputs.opening import OutputConfig
    from fakelens.edge_runtime.live.source import Resolution
    from fakelens.edge_runtime.live.supervisor import SupervisedSource
    from fakelens.edge_runtime.modelfile.contract import Contract

_WINDOW_POLL_S = 0.03  # a key that is pressed has its effect at once


class _OptionalValue(typer.core.TyperCommand):
    """Lets `--preview` stand without a value, which Typer cannot express."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default in where the next word is another option, or there is none."""
        full = []
        for word, following in zip(args, [*args[1:], "-"], strict=False):
            bare = word == "--preview" and following.startswith("-")
            full.append(f"--preview={options.PREVIEW}" if bare else word)
        return super().parse_args(ctx, full)


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command(cls=_OptionalValue)(watch)


def watch(
    context: typer.Context,
    source: options.Source = "0",
    follow: options.Follow = False,
    model: shared.Model = None,
    list_only: options.List = False,
    resolution: options.Resolution = None,
    fps_limit: options.FpsLimit = None,
    budget: options.Budget = None,
    smooth: options.Smooth = 1.0,
    pixels_only: options.PixelsOnly = False,
    headless: options.Headless = False,
    jsonl: options.Jsonl = None,
    interval: options.Interval = 10.0,
    record: options.Record = None,
    record_limit: options.RecordLimit = 1000.0,
    preview: options.Preview = None,
    token: options.Token = None,
    mqtt: options.Mqtt = None,
    threads: options.Threads = None,
) -> None:
    """Watch a camera, stream, file or folder live: REAL, FAKE or UNSURE, steadied over time.

    Ends with the file, on q in the window, Ctrl-C or SIGTERM. A camera or stream that fails is connected to
    again for as long as it takes. Exit codes: 0 done, 2 usage, 3 no camera or a missing extra, 130 Ctrl-C.
    """
    if list_only:
        _refuse_beside_list(context)
        _list_cameras()
        return
    _refuse_ignored(context)
    import logging

    from fakelens.edge_runtime.detection.detector import Detector
    from fakelens.edge_runtime.live.loop import LoopConfig
    from fakelens.edge_runtime.live.outputs.opening import OutputConfig
    from fakelens.edge_runtime.live.outputs.recorder import RecorderConfig
    from fakelens.edge_runtime.live.secret import read_secret
    from fakelens.edge_runtime.live.smoothing import SmoothingConfig
    from fakelens.edge_runtime.modelfile.threads import choose_threads

    logging.basicConfig(format="fakelens: %(message)s", level=logging.WARNING)
    source, token, mqtt = read_secret(source), token and read_secret(token), mqtt and read_secret(mqtt)
    if record is not None:
        refuse_within(record, Path(source), "--record")
    camera = _open_camera(source, resolution, follow=follow, pixels_only=pixels_only)
    detector = Detector(model, threads or choose_threads(model), pixels_only=pixels_only)
    _check_budget(budget, detector.contract)
    output = OutputConfig(
        window=not headless,
        jsonl=jsonl,
        interval_s=interval,
        recorder=RecorderConfig(folder=record, limit_bytes=round(record_limit * 1e6)) if record else None,
        preview=preview,
        token=token,
        mqtt=mqtt,
        decision=detector.decision,
    )
    config = LoopConfig(budget_ms=budget, fps_limit=fps_limit, smoothing=SmoothingConfig(seconds=smooth))
    _watch(camera, detector, config, output)


def _open_camera(
    source: str, resolution: str | None, *, follow: bool, pixels_only: bool
) -> "SupervisedSource":
    """Return the source, which is connected to again whenever it fails."""
    from fakelens.edge_runtime.live.sources.factory import make_source
    from fakelens.edge_runtime.live.supervisor import SupervisedSource

    camera = SupervisedSource(make_source(source, _parse_resolution(resolution), follow=follow))
    if pixels_only and camera.source.live:
        raise UsageError("--pixels-only changes nothing here: a camera or stream says nothing of itself")
    return camera


def _watch(
    camera: "SupervisedSource", detector: "Detector", config: "LoopConfig", output: "OutputConfig"
) -> None:
    """Open the outputs, say where the preview is, and check frames until the end."""
    from fakelens.edge_runtime.live.controls import Controls
    from fakelens.edge_runtime.live.loop import LiveLoop
    from fakelens.edge_runtime.live.outputs.opening import open_outputs
    from fakelens.edge_runtime.live.stopping import stopped_by_signals
    from fakelens.edge_runtime.web.address import name_url_for_others

    controls = Controls()
    with stopped_by_signals(controls):
        outputs = open_outputs(output, controls)
        if outputs.preview_url is not None:
            asks = "  (it asks for the token)" if output.token else ""
            typer.echo(f"preview: {name_url_for_others(outputs.preview_url)}{asks}", err=True)
        if outputs.poll:
            config = replace(config, poll_s=_WINDOW_POLL_S)
        LiveLoop(camera, detector, outputs.sinks, config, controls).run(outputs.poll)


def _refuse_beside_list(context: typer.Context) -> None:
    """Raise `UsageError` where an option was typed beside --list, which opens nothing."""
    for parameter in context.command.params:
        if parameter.name != "list_only" and shared.is_typed(context, parameter.name or ""):
            raise UsageError(f"{parameter.opts[0]} does nothing with --list: leave it out")


def _refuse_ignored(context: typer.Context) -> None:
    """Raise `UsageError` where an option was typed that would change nothing."""
    for option, other in (("interval", "jsonl"), ("record_limit", "record"), ("token", "preview")):
        if shared.is_typed(context, option) and context.params[other] is None:
            raise UsageError(f"--{option.replace('_', '-')} changes nothing without --{other}: give both")


def _check_budget(budget: float | None, contract: "Contract") -> None:
    """Raise `UsageError` where a budget would change nothing."""
    from fakelens.edge_runtime.modelfile.contract import Fit

    if budget is not None and contract.input.fit is not Fit.TILES:
        raise UsageError(f"--budget is for models that look at tiles; {contract.name} does not: leave it out")


def _parse_resolution(text: str | None) -> "Resolution | None":
    from fakelens.edge_runtime.live.source import Resolution

    if text is None:
        return None
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise UsageError(f"--resolution is {text!r}, expected WxH in px, such as 640x480")
    return Resolution(width=int(width), height=int(height))


def _list_cameras() -> None:
    from fakelens.edge_runtime.machine.cameras import list_cameras

    found = list_cameras()
    if not found:
        raise CameraError("no camera found; plug one in, or give --source a file, a folder or a stream's URL")
    for camera in found:
        typer.echo(f"{camera.source:<10} {camera.name}")
