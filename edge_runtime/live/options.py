"""The options of `fakelens watch`, with their help texts."""

from pathlib import Path
from typing import Annotated

import typer

PREVIEW = "127.0.0.1:8080"  # where the page is without an address

Source = Annotated[
    str,
    typer.Option(
        metavar="SOURCE",
        envvar="FAKELENS_SOURCE",
        help="A camera's number, a video file, a folder of images, rtsp:// or http://, picamera, or "
        "test:loop, test:stall, test:disconnect, test:resize, test:repeat, test:faults. @FILE: from a file.",
    ),
]
Follow = Annotated[
    bool, typer.Option("--follow", help="With a folder: then wait for new pictures, until it is ended.")
]
List = Annotated[bool, typer.Option("--list", help="Show the cameras of this machine.")]
Resolution = Annotated[
    str | None, typer.Option(metavar="WxH", help="Ask the camera for frames of this size.")
]
FpsLimit = Annotated[float | None, typer.Option(min=0.001, help="Check at most so many frames a second.")]
Budget = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        metavar="MS",
        help="Time for inference a frame: a model that looks at tiles checks part of them, in turn.",
    ),
]
Smooth = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="Time constant of the mean; 0: each frame alone.")
]
Headless = Annotated[bool, typer.Option("--headless", help="No window, though there is a screen.")]
Jsonl = Annotated[
    str | None,
    typer.Option(metavar="FILE|-", help="A JSON line for each change and interval; - for stdout."),
]
Interval = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="Interval of --jsonl; 0: a line for each frame.")
]
Record = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Keep frames and a clip around each change to FAKE.")
]
RecordLimit = Annotated[float, typer.Option(min=1, metavar="MB", help="Space for --record; the oldest go.")]
Preview = Annotated[
    str | None,
    typer.Option(metavar="[HOST:PORT]", help=f"A page with the live picture, by default at {PREVIEW}."),
]
Token = Annotated[
    str | None,
    typer.Option(
        envvar="FAKELENS_TOKEN",
        help="Password of the page; needed beyond localhost. @FILE: from a file.",
    ),
]
PixelsOnly = Annotated[
    bool,
    typer.Option("--pixels-only", help="Leave out what a file or the files of a folder say of themselves."),
]
Mqtt = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        envvar="FAKELENS_MQTT",
        help="Publish to an MQTT broker: mqtt://user:password@host/prefix. @FILE: from a file.",
    ),
]
Threads = Annotated[
    int | None, typer.Option(min=1, help="Threads of the interpreter; without it, what is fastest here.")
]
