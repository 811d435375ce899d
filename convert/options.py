"""The options of `fakelens convert`, with their help texts."""

from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.labelled import Split
from fakelens.convert.own.config import Scaling
from fakelens.convert.recipes import Io
from fakelens.edge_runtime.modelfile.contract import Pool

_OWN = "A model of your own"

Run = Annotated[
    Path,
    typer.Argument(
        metavar="RUN|MODEL",
        help="A run directory made by `fakelens train`; a model with --fuse or --scores; or a Keras file, "
        "SavedModel or .tflite of your own with --real-images and --fake-images.",
    ),
]
Float32 = Annotated[bool, typer.Option("--float32", help="Nothing quantized.")]
Float16 = Annotated[bool, typer.Option("--float16", help="Weights in 16 bits.")]
Dynamic = Annotated[bool, typer.Option("--dynamic", help="Weights in 8 bits.")]
Int8 = Annotated[
    bool,
    typer.Option(
        "--int8", help="Everything in 8 bits, plain or quantization-aware, as --max-drop allows; the default."
    ),
]
InputType = Annotated[Io, typer.Option(help="Input type: raw RGB as bytes or as float32.")]
MaxDrop = Annotated[
    float,
    typer.Option(
        help="Most points of validation accuracy that may be lost; one picture may always be, "
        "unless this is 0."
    ),
]
Qat = Annotated[
    bool | None,
    typer.Option(
        "--qat/--no-qat",
        help="Where plain int8 loses more than --max-drop, train the quantization-aware stage on the run's "
        "own data, however long it takes, or never; by default where it takes under a quarter of an hour.",
    ),
]
Name = Annotated[str | None, typer.Option(help="The model's name; by default the run's.")]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="By default RUN/NAME-FORMAT.tflite."),
]
Threads = Annotated[int, typer.Option(min=1, help="Threads of the interpreter.")]
RealImages = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Real pictures to read your own model by.", rich_help_panel=_OWN),
]
FakeImages = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Fake pictures to read your own model by.", rich_help_panel=_OWN),
]
Scale = Annotated[
    Scaling | None,
    typer.Option(
        "--scaling", help="What it takes for pixels; found by trying without it.", rich_help_panel=_OWN
    ),
]
Size = Annotated[
    int | None,
    typer.Option(
        min=8, max=4096, metavar="PX", help="Input of a model that takes any.", rich_help_panel=_OWN
    ),
]
Wrap = Annotated[
    bool,
    typer.Option(
        "--wrap", help="Keep the numbers of a .tflite, put raw RGB before it.", rich_help_panel=_OWN
    ),
]
Fuse = Annotated[
    Path | None,
    typer.Option(metavar="DATA", help="Set the decision of a model file anew, on DATA's val/."),
]
Scores = Annotated[
    Path | None,
    typer.Option(
        metavar="CSV", help="The same from logits: columns tiles, whole, label, maybe source, tier."
    ),
]
Bridge = Annotated[
    tuple[str, Path, Path] | None,
    typer.Option(
        metavar="SECOND RUN RUN",
        help="Where --scores are of a second model, which left sources out: that model, the run of MODEL, "
        "then that of the second. Validation pictures that both runs hold bring its borders over to MODEL.",
    ),
]
SplitName = Annotated[
    Split | None, typer.Option(help="Split of --fuse DATA; by default val/, or all where it is not split.")
]
Whole = Annotated[
    str | None, typer.Option(metavar="MODEL", help="A second view for the file: a model of whole images.")
]
Tiles = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, max=64, help="Or RUN, a model of whole images, also looks at N tiles."),
]
Pooling = Annotated[Pool | None, typer.Option(help="Pooling of the tiles; by default the model's own.")]
FalseAlarms = Annotated[
    float, typer.Option(help="Most real validation images called FAKE, as a share; of each tier by itself.")
]
Missed = Annotated[float, typer.Option(help="Most fake validation images called REAL, as a share.")]
BySource = Annotated[bool, typer.Option("--by-source", help="Each source counts the same.")]
