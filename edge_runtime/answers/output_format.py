"""Output formats: the choices of every command that lists."""

from enum import StrEnum


class Format(StrEnum):
    """How results are written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
