"""The options of `fakelens check`, with their help texts."""

from pathlib import Path
from typing import Annotated

import typer

from fakelens.edge_runtime.check.failing import FailingVerdict

Paths = Annotated[
    list[str], typer.Argument(metavar="PATH...", help="Files, folders, glob patterns, or - for stdin.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Csv = Annotated[bool, typer.Option("--csv", help="CSV with a header.")]
Html = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Also write a page with the pictures and verdicts.")
]
Heatmap = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Also write each picture as PNG, tinted where the model sees fake; --json carries the grid.",
    ),
]
Stable = Annotated[
    bool, typer.Option("--stable", help="Say UNSURE where mild recompression or scaling changes the verdict.")
]
Summary = Annotated[
    bool, typer.Option("--summary", help="With --json: one more object at the end, with the counts.")
]
EvidenceOnly = Annotated[
    bool, typer.Option("--evidence-only", help="Only what the files say of themselves: no model is loaded.")
]
Threads = Annotated[
    int | None,
    typer.Option(
        min=1,
        show_default="one a core",
        help="Files are checked side by side; one file alone uses them inside the model.",
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Only a line for each picture: no explanation, summary, notes.")
]
FailOn = Annotated[
    FailingVerdict | None, typer.Option("--fail-on", help="Exit 1 where such a verdict was given.")
]
