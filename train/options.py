"""The options of `fakelens train`, with their help texts."""

from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.layouts import Layout
from fakelens.train.config import ImageCache
from fakelens.train.networks import list_networks
from fakelens.train.starts.names import describe_starts

Data = Annotated[
    Path | None,
    typer.Argument(metavar="DATA", help="Folder with real/ and fake/, optionally under train/, val/, test/."),
]
RealNames = Annotated[
    list[str] | None,
    typer.Option(
        "--real",
        metavar="NAME",
        help="Folder of real pictures, by name or path; may be repeated. --list: a label of theirs.",
    ),
]
FakeNames = Annotated[
    list[str] | None, typer.Option("--fake", metavar="NAME", help="The same for fakes; may be repeated.")
]
ListFile = Annotated[
    Path | None,
    typer.Option("--list", metavar="FILE", help="CSV or JSON with a path below DATA and a label each."),
]
PathColumn = Annotated[str | None, typer.Option(metavar="NAME", help="--list: the column of paths.")]
LabelColumn = Annotated[str | None, typer.Option(metavar="NAME", help="--list: the column of labels.")]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="RUN", help="The run directory.")]
Network = Annotated[str | None, typer.Option(help=f"One of {', '.join(list_networks())}.")]
Start = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        help=f"Go on from weights that know something, {describe_starts()} or a file of "
        "`python -m fakelens.train.start_weights`: layers and rate follow the number of pictures. By itself "
        "photo, for up to 5,000 photographs a class.",
    ),
]
Alpha = Annotated[float | None, typer.Option(help="Width of mobilenetv2.")]
Name = Annotated[str | None, typer.Option(help="The model's name.")]
Weights = Annotated[
    str | None,
    typer.Option(
        metavar="RUN|NAME|FILE",
        help="A finished run of this network on DATA, to go on from; mobilenetv2: none, imagenet, a file.",
    ),
]
Teacher = Annotated[
    list[str] | None,
    typer.Option(metavar="RUN|MODEL", help="A finished run or model to learn from; may be repeated."),
]
Prune = Annotated[float | None, typer.Option(metavar="SPARSITY", help="Share of zeros, 0 to .95.")]
Qat = Annotated[bool | None, typer.Option("--qat/--no-qat", help="Quantization-aware training.")]
Seed = Annotated[
    int | None, typer.Option(help="Seed of order, augmentation and weights; the split has data.split_seed.")
]
Setting = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any recipe key: fit.ema=0.99")
]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="RUN",
        help="Begin with the trained float weights, the data and the settings of a finished run: for --prune "
        "and --qat after the fact.",
    ),
]
Workers = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT,...",
        help="Train together: all processes, the chief first, the same on each. Or TF_CONFIG.",
    ),
]
Index = Annotated[
    int | None, typer.Option(min=0, help="Which of --workers this is; 0, the chief, writes -o.")
]
Wait = Annotated[
    float, typer.Option(min=1, metavar="SECONDS", help="How long to wait for the other --workers.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the interrupted run in -o.")]
Recipe = Annotated[str | None, typer.Option(help="A recipe's name or a TOML file.")]
Size = Annotated[int | None, typer.Option(help="Input size in px; pictures are scaled to it.")]
Tiles = Annotated[
    bool,
    typer.Option(
        "--tiles",
        help="Cut tiles at native resolution, of 64 px or --size, for a small network from nothing; the "
        "default where the median picture is over 128 px and --start photo does not suit.",
    ),
]
Resize = Annotated[int | None, typer.Option(metavar="PX", help="Scale whole pictures to PX, however large.")]
Epochs = Annotated[int | None, typer.Option(help="Epochs of the float stage; follow the data by default.")]
BatchSize = Annotated[int | None, typer.Option(help="Images a step; follows the data by default.")]
Cache = Annotated[
    ImageCache | None,
    typer.Option(
        help="Where decoded pictures are during training: in memory, or read from disk as they are needed; "
        "by default in memory where they take no more than a quarter of what is free."
    ),
]
RequireAuc = Annotated[
    float | None, typer.Option(metavar="X", help="Exit 1 where the AUC is below X, .5 to 1.")
]
Autoencoder = Annotated[
    tuple[Path, Path] | None,
    typer.Option(
        metavar="ENCODER DECODER",
        help="--whole: pairs of photos and their twins out of this latent auto-encoder, FLUX.2's tiny one: "
        "taef2_encoder.pth and taef2_decoder.pth of github.com/madebyollin/taesd.",
    ),
]
Crop = Annotated[
    int | None, typer.Option(metavar="PX", help="--autoencoder: side of the pictures; 256 by default.")
]


def make_layout(
    real: list[str] | None,
    fake: list[str] | None,
    list_file: Path | None,
    path_column: str | None,
    label_column: str | None,
) -> Layout:
    """Return what --real, --fake, --list, --path-column and --label-column say of DATA."""
    return Layout(
        real=tuple(real or ()),
        fake=tuple(fake or ()),
        list_file="" if list_file is None else str(list_file),
        path_column=path_column or "",
        label_column=label_column or "",
    )
