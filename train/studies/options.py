"""The options that the studies of small data sets share, with their help texts."""

from pathlib import Path
from typing import Annotated

import typer

Learned = Annotated[Path, typer.Argument(metavar="DATA", help="What `fakelens train` learns from.")]
Data = Annotated[Path, typer.Argument(metavar="DATA", help="Folder with real/ and fake/.")]
Sizes = Annotated[str, typer.Option(help="Pictures a class, or REAL+FAKE.")]
Seeds = Annotated[int, typer.Option(min=1, help="Of the choice of pictures and of training.")]
Least = Annotated[int, typer.Option(min=5, help="Versions of pictures that a source needs.")]
Group = Annotated[
    str | None, typer.Option(metavar="NAME,NAME", help="Sources of fakes whose mean is printed too.")
]
Setting = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="As in `fakelens train`.")
]
Most = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Pictures of each source and class to choose from.")
]
Keep = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Keep finished rows in FILE, and go on after them.")
]
