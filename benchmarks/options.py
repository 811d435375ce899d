"""The options of `fakelens bench`, with their help texts."""

from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.labelled import Split

Models = Annotated[
    list[str],
    typer.Argument(
        metavar="MODEL|RUN...",
        help="Model files, names of release models, or a run directory: its float32, float16, dynamic, int8, "
        "quantization-aware and pruned variants are built in RUN/variants and measured.",
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        help="Folder with real/ and fake/ in any case, optionally under train/, val/ and test/. Without it "
        "no accuracy, and times on made photos; a RUN brings its own where that has a test/."
    ),
]
Exclude = Annotated[
    Path | None,
    typer.Option(
        help="Text file naming one image a line, by the end of its path: '0 (7).jpg' where only one "
        "image has that name, else 'FAKE/0 (7).jpg'. Adds a second row, measured without them."
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(metavar="N", help="Measure on N images of each class, always the same ones."),
]
Manifest = Annotated[
    Path | None,
    typer.Option(metavar="CSV", help="Measure on the images of DATA that a file of scores names, no others."),
]
Reference = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="Also score this model, such as the float twin, and compare each of the others with it: "
        "difference in accuracy, share of equal verdicts, McNemar's p. Of a RUN: its float32.",
    ),
]
Robust = Annotated[
    bool,
    typer.Option(
        "--robust",
        help="Measure accuracy on images degraded by JPEG, noise, blur, rescaling, brightness and contrast.",
    ),
]
Card = Annotated[
    bool, typer.Option("--card", help="Write the figures into the model files, as their model cards.")
]
SplitName = Annotated[
    Split | None, typer.Option(help="Split to measure on; test by default where DATA is split.")
]
Timing = Annotated[
    bool, typer.Option("--timing/--no-timing", help="Times and memory, in processes of their own.")
]
Instructions = Annotated[
    bool,
    typer.Option(
        "--instructions",
        help="Count the instructions of a verdict by valgrind: minutes, and no load of the machine matters.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a row.")]
Csv = Annotated[bool, typer.Option("--csv", help="CSV with a header.")]
MinAccuracy = Annotated[
    float | None, typer.Option(help="Exit 1 where a model's accuracy on all images is below, in percent.")
]
Tolerance = Annotated[
    float | None, typer.Option(help="--compare: percent that times, memory and sizes may get worse; 5.")
]
MaxDrop = Annotated[float | None, typer.Option(help="--compare: points that accuracy and AUC may fall; 0.5.")]
Threads = Annotated[
    list[str] | None,
    typer.Option(metavar="N", help="Threads of the interpreter, 1 by default; 1,2,4 times each number."),
]
Html = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Also write a page: tables, and accuracy against costs.")
]
Compare = Annotated[
    Path | None,
    typer.Option(
        metavar="OLD.json",
        help="Output of an earlier --json: also print the changes; exit 1 where one is past --tolerance or "
        "--max-drop and more than noise.",
    ),
]
