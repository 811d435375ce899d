"""One statement that a file makes of itself, how strong it is, and where it stands."""

from dataclasses import dataclass
from enum import StrEnum

MOST_WORDS = 160  # characters of a file that are shown
NO_STATEMENT = "no statement found: most real and most fake pictures have none"


class Strength(StrEnum):
    """What a statement amounts to."""

    DECLARES_GENERATED = "declares-generated"  # the file says that a generator made it
    DECLARES_EDITED = "declares-edited"  # the file says that a part of it was made or changed by AI
    SPEAKS_FOR_A_CAMERA = "speaks-for-a-camera"  # a camera is named; anybody can write that
    NOTE = "note"  # worth knowing, decides nothing


class Source(StrEnum):
    """Where statements come from."""

    C2PA = "c2pa"  # Content Credentials
    XMP = "xmp"
    IPTC = "iptc"  # the older binary form, IIM
    EXIF = "exif"
    TEXT = "text"  # a text chunk or comment of the file
    TRAILER = "trailer"  # what follows the end of the picture
    STEALTH = "stealth"  # text in the lowest bits of the pixels
    WATERMARK = "watermark"  # an open invisible watermark
    FILE = "file"  # of several statements together


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One statement of a file."""

    source: Source
    strength: Strength
    what: str  # one sentence of ours, in plain English
    words: str = ""  # the file's own, escaped and cut: see `quote`
    where: str = ""  # such as `PNG chunk tEXt at byte 33`

    def to_line(self) -> str:
        """Return the statement as one line of text."""
        words = f': "{self.words}"' if self.words else ""
        where = f" ({self.where})" if self.where else ""
        return f"{self.strength}: {self.what}{words}{where}"


def quote(text: str, most: int = MOST_WORDS) -> str:
    """Return `text` fit to be shown: blanks joined, what cannot be printed escaped, cut after `most`."""
    text = " ".join(text[: 4 * most].split())
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text
    )
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def declares_generated(evidence: tuple[Evidence, ...]) -> bool:
    """Whether any of `evidence` says that a generator made the picture."""
    return any(item.strength is Strength.DECLARES_GENERATED for item in evidence)
