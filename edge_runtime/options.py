"""Options that several commands share: one wording, one range and one check for all of them."""

from typing import TYPE_CHECKING, Annotated

import typer

from fakelens.edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from fakelens.edge_runtime.answers.output_format import Format
    from fakelens.edge_runtime.detection.verdict import Stance

MOST_MEGAPIXELS = 128  # without --max-megapixels

Model = Annotated[
    str | None, typer.Option(help="A release model's name or a .tflite file made by `fakelens convert`.")
]
Threads = Annotated[
    int | None, typer.Option(min=1, show_default="one a core", help="Pictures checked side by side.")
]

PixelsOnly = Annotated[
    bool, typer.Option("--pixels-only", help="Leave out what the files say of themselves.")
]
Cautious = Annotated[
    bool, typer.Option("--cautious", help="Say FAKE only where hardly any real image gets it.")
]
Sensitive = Annotated[bool, typer.Option("--sensitive", help="Say FAKE more readily, at more false alarms.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="Refuse a JPEG that lacks its end, though nearly all is there.")
]
MaxMegapixels = Annotated[
    int,
    typer.Option(
        min=1, max=400, help="Refuse pictures larger than this; a megapixel takes 4 to 8 MB of memory."
    ),
]


def choose_stance(*, cautious: bool, sensitive: bool) -> "Stance | None":
    """Return the stance that --cautious or --sensitive asks for."""
    from fakelens.edge_runtime.detection.verdict import Stance

    if cautious and sensitive:
        raise UsageError("--cautious and --sensitive exclude each other: choose one")
    return Stance.CAUTIOUS if cautious else Stance.SENSITIVE if sensitive else None


def choose_format(*, json: bool, csv: bool) -> "Format":
    """Return the format that --json or --csv asks for; text without them."""
    from fakelens.edge_runtime.answers.output_format import Format

    if json and csv:
        raise UsageError("--json and --csv exclude each other: choose one")
    return Format.JSON if json else Format.CSV if csv else Format.TEXT


def is_typed(context: typer.Context, parameter: str) -> bool:
    """Whether `parameter` stands on the command line, and not only its default."""
    source = context.get_parameter_source(parameter)
    return source is not None and source.name == "COMMANDLINE"
