"""The formats of a scan's parts: the choices of `scan --format`."""

from enum import StrEnum


class PartFormat(StrEnum):
    """How finished parts are written."""

    JSONL = "jsonl"
    PARQUET = "parquet"
