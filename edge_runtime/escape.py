"""Names of files as text that cannot forge output: no line breaks, no escape sequences, no formulas."""

import os
import re

# Control characters, line and paragraph separators, and what turns the direction of reading. Compiled where a
# name is unusual, which hardly one is.
_UNSAFE = "[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
_SURROGATE = "[\ud800-\udfff]"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PLAIN = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def escape_line(text: str) -> str:
    """Return `text` as one line for a terminal: what would move the cursor or the eye is written out."""
    if text.isprintable():  # which none of them is
        return text
    return re.sub(_UNSAFE, lambda match: _PLAIN.get(match[0]) or ascii(match[0])[1:-1], text)


def quote_cell(value: object) -> str:
    """Return a cell of a CSV row: quoted where it must be, and text never taken for a formula."""
    if value is None:
        return ""
    text = str(value)
    if not isinstance(value, str):  # a number
        return text
    if text.startswith(_FORMULA):
        text = f"'{text}"
    if "," in text or '"' in text or "\r" in text or "\n" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def is_text(name: str) -> bool:
    """Whether `name` is text, which the name of a file need not be."""
    return name.isascii() or re.search(_SURROGATE, name) is None


def percent_encode(name: str) -> str:
    """Return the bytes of a file's name as text; `urllib.parse.unquote_to_bytes` gives them back."""
    from urllib.parse import quote_from_bytes  # for names that are no text: it takes long to load

    return quote_from_bytes(os.fsencode(name), safe="/ ")


def to_text(text: str) -> str:
    """Return `text` without lone surrogates, which no JSON reader need accept."""
    return text.encode("utf-8", "backslashreplace").decode()


def quote(path: object) -> str:
    """Return a path as a shell takes it, for a command that a message names."""
    import shlex  # which only a message needs

    return shlex.quote(str(path))
