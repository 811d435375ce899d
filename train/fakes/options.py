"""The options that `fakelens synthesize` has beside those of `train`, with their help texts."""

from pathlib import Path
from typing import Annotated

import typer

from fakelens.train.fakes.kinds import list_fakers

Photos = Annotated[
    str,
    typer.Argument(metavar="PHOTOS", help="Folder of real photos, or `builtin`: those in Python packages."),
]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="DATA", help="The new data set.")]
TileSize = Annotated[int, typer.Option(help="Side of a tile in px.")]
TilesPerPhoto = Annotated[int, typer.Option(help="Most tiles of a photo, of each class.")]
Steps = Annotated[int | None, typer.Option(help="Training steps of each auto-encoder.")]
Seed = Annotated[int, typer.Option(help="Seed of split, tiles and auto-encoder.")]
Whole = Annotated[
    bool, typer.Option("--whole", help="Whole fakes instead of tiles: DATA/<generator>/<split>/fake/.")
]
Generators = Annotated[
    str | None,
    typer.Option(metavar="A,B,C", help=f"--whole: of {', '.join(list_fakers())}; all by default."),
]
Count = Annotated[
    int | None, typer.Option("--photos", metavar="N", help="--whole: photos a generator, of all sources.")
]
MostPx = Annotated[int | None, typer.Option(help="--whole: larger photos are cut, never resized.")]
Sharp = Annotated[
    float | None,
    typer.Option(metavar="SHARE", help="--whole: fakes made as sharp as their photos."),
]
OwnDecoders = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="--autoencoder: decoders trained on its latents, up to 4, that make twins too."
    ),
]
