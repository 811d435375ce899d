"""The options that `fakelens audit` has beside those of `train`, with their help texts."""

from pathlib import Path
from typing import Annotated

import typer

Limit = Annotated[
    int | None, typer.Option(metavar="N", help="Most images of each class to open; 5,000 by default.")
]
MaxAuc = Annotated[
    float | None,
    typer.Option(help="Exit 1 where file metadata reach a higher AUC; .65 by default."),
]
TileSize = Annotated[
    int | None, typer.Option(help="Count images smaller than so many px; the default of train's --size.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Html = Annotated[Path | None, typer.Option(metavar="FILE", help="Also write a page.")]
Equalize = Annotated[
    Path | None,
    typer.Option(
        metavar="OUT",
        help="Write a copy whose files are encoded alike, without metadata, and audit the copy.",
    ),
]
Crop = Annotated[
    int | None,
    typer.Option(metavar="PX", help="With --equalize: cut a random square out of each image."),
]
