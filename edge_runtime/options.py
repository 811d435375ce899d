"""Options that `check`, `scan` and `serve` share: one wording and one range for all of them."""

from typing import Annotated

import typer

MOST_MEGAPIXELS = 128  # without --max-megapixels

PixelsOnly = Annotated[
    bool, typer.Option("--pixels-only", help="Leave out what the files say of themselves.")
]
Cautious = Annotated[
    bool, typer.Option("--cautious", help="Say FAKE only where hardly a real image is called so.")
]
Sensitive = Annotated[bool, typer.Option("--sensitive", help="Say FAKE more readily, at more false alarms.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="Refuse a JPEG that lacks its end, though nearly all is there.")
]
MaxMegapixels = Annotated[
    int, typer.Option(min=1, max=400, help="Larger pictures are refused; a megapixel takes 4 to 8 MB.")
]
