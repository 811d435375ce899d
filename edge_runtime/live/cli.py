"""The command of the live checker: `watch`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fakelens.edge_runtime.errors import CameraError, UsageError

if TYPE_CHECKING:
    from fakelens.edge_runtime.live.source import Resolution
    from fakelens.edge_runtime.modelfile.contract import Contract

_PREVIEW = "127.0.0.1:8080"
_WINDOW_POLL_S = 0.03  # a key that is pressed has its effect at once


_Source = Annotated[
    str,
    typer.Option(
        metavar="SOURCE",
        envvar="FAKELENS_SOURCE",
        help="A camera's number, a video file, a folder of images, rtsp:// or http://, picamera, or "
        "test:loop, test:stall, test:disconnect, test:resize, test:repeat, test:faults. @FILE: from a file.",
    ),
]
_Follow = Annotated[
    bool, typer.Option("--follow", help="With a folder: then wait for new pictures, until it is ended.")
]
_Model = Annotated[
    str | None, typer.Option(help="A release model's name or a .tflite file made by `fakelens convert`.")
]
_List = Annotated[bool, typer.Option("--list", help="Show the cameras of this machine.")]
_Resolution = Annotated[
    str | None, typer.Option(metavar="WxH", help="Ask the camera for frames of this size.")
]
_FpsLimit = Annotated[float | None, typer.Option(min=0.001, help="Check at most so many frames a second.")]
_Budget = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        metavar="MS",
        help="Time for inference a frame: a model that looks at tiles checks part of them, in turn.",
    ),
]
_Smooth = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="Time constant of the mean; 0: each frame alone.")
]
_Headless = Annotated[bool, typer.Option("--headless", help="No window, though there is a screen.")]
_Jsonl = Annotated[
    str | None,
    typer.Option(metavar="FILE|-", help="A JSON line for each change and interval; - for stdout."),
]
_Interval = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="Interval of --jsonl; 0: a line for each frame.")
]
_Record = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Keep frames and a clip around each change to FAKE.")
]
_RecordLimit = Annotated[float, typer.Option(min=1, metavar="MB", help="Space for --record; the oldest go.")]
_Preview = Annotated[
    str | None,
    typer.Option(metavar="[HOST:PORT]", help=f"A page with the live picture, by default at {_PREVIEW}."),
]
_Token = Annotated[
    str | None,
    typer.Option(
        envvar="FAKELENS_TOKEN",
        help="Password of the page; needed beyond localhost. @FILE: from a file.",
    ),
]
_PixelsOnly = Annotated[
    bool,
    typer.Option("--pixels-only", help="Leave out what a file or the files of a folder say of themselves."),
]
_Mqtt = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        envvar="FAKELENS_MQTT",
        help="Publish to an MQTT broker: mqtt://user:password@host/prefix. @FILE: from a file.",
    ),
]
_Threads = Annotated[
    int | None, typer.Option(min=1, help="Threads of the interpreter; without it, what is fastest here.")
]


class _OptionalValue(typer.core.TyperCommand):
    """Lets `--preview` stand without a value, which Typer cannot express."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default in where the next word is another option, or there is none."""
        full = []
        for word, following in zip(args, [*args[1:], "-"], strict=False):
            bare = word == "--preview" and following.startswith("-")
            full.append(f"--preview={_PREVIEW}" if bare else word)
        return super().parse_args(ctx, full)


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command(cls=_OptionalValue)(watch)


def watch(
    context: typer.Context,
    source: _Source = "0",
    follow: _Follow = False,
    model: _Model = None,
    list_only: _List = False,
    resolution: _Resolution = None,
    fps_limit: _FpsLimit = None,
    budget: _Budget = None,
    smooth: _Smooth = 1.0,
    pixels_only: _PixelsOnly = False,
    headless: _Headless = False,
    jsonl: _Jsonl = None,
    interval: _Interval = 10.0,
    record: _Record = None,
    record_limit: _RecordLimit = 1000.0,
    preview: _Preview = None,
    token: _Token = None,
    mqtt: _Mqtt = None,
    threads: _Threads = None,
) -> None:
    """Watch a camera, stream, file or folder live: REAL, FAKE or UNSURE, steadied over time.

    Ends with the file, on q in the window, Ctrl-C or SIGTERM. A camera or stream that fails is connected to
    again for as long as it takes. Exit codes: 0 done, 2 usage, 3 no camera or a missing extra, 130 Ctrl-C.
    """
    if list_only:
        _list_cameras()
        return
    _refuse_ignored(context)
    import logging

    from fakelens.edge_runtime.detection.detector import Detector
    from fakelens.edge_runtime.live.controls import Controls
    from fakelens.edge_runtime.live.loop import LiveLoop, LoopConfig
    from fakelens.edge_runtime.live.outputs.opening import OutputConfig, open_outputs
    from fakelens.edge_runtime.live.outputs.recorder import RecorderConfig
    from fakelens.edge_runtime.live.secret import read_secret
    from fakelens.edge_runtime.live.smoothing import SmoothingConfig
    from fakelens.edge_runtime.live.sources.factory import make_source
    from fakelens.edge_runtime.live.stopping import stopped_by_signals
    from fakelens.edge_runtime.live.supervisor import SupervisedSource
    from fakelens.edge_runtime.modelfile.threads import choose_threads

    logging.basicConfig(format="fakelens: %(message)s", level=logging.WARNING)
    source, token, mqtt = read_secret(source), token and read_secret(token), mqtt and read_secret(mqtt)
    camera = SupervisedSource(make_source(source, _parse_resolution(resolution), follow=follow))
    if pixels_only and camera.source.live:
        raise UsageError("--pixels-only changes nothing here: a camera or stream says nothing of itself")
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
    controls = Controls()
    with stopped_by_signals(controls):
        outputs = open_outputs(output, controls)
        if outputs.preview_url is not None:
            from fakelens.edge_runtime.web.address import name_url_for_others

            asks = "  (it asks for the token)" if token else ""
            typer.echo(f"preview: {name_url_for_others(outputs.preview_url)}{asks}", err=True)
        poll_s = _WINDOW_POLL_S if outputs.poll else LoopConfig.poll_s
        smoothing = SmoothingConfig(seconds=smooth)
        config = LoopConfig(budget_ms=budget, fps_limit=fps_limit, smoothing=smoothing, poll_s=poll_s)
        LiveLoop(camera, detector, outputs.sinks, config, controls).run(outputs.poll)


def _refuse_ignored(context: typer.Context) -> None:
    """Raise `UsageError` where an option was typed that would change nothing."""
    for option, other in (("interval", "jsonl"), ("record_limit", "record"), ("token", "preview")):
        source = context.get_parameter_source(option)
        if source is not None and source.name == "COMMANDLINE" and context.params[other] is None:
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
