"""Manifests: lists of pictures as text, CSV, JSON lines or Parquet, read a line at a time."""

import codecs
import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any, BinaryIO

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.pictures.formats import is_archive
from fakelens.edge_runtime.scan.failure import BROKEN
from fakelens.edge_runtime.scan.item import Item

COLUMNS = ("path", "url", "file", "filename", "file_name", "image", "image_path", "image_url", "key", "name")
_MOST_CHARACTERS = 8192  # of one name; more is no name
_HEAD_BYTES = 4096
_BATCH_ROWS = 10_000
_DELIMITERS = b",;\t"  # of CSV: spreadsheets write a semicolon where the comma is the decimal mark
_PARQUET = b"PAR1"


def read_manifest(stream: BinaryIO, name: str, column: str | None) -> Iterator[Item]:
    """Yield an item for each line of the manifest that `stream` holds; one of a broken line says why.

    `column` names the one with the pictures; without it the first of `COLUMNS` that is there. Raises
    `UsageError` where there is none, or where the file is no list.
    """
    yield from _choose_reader(stream, name, column)(stream, name, column)


def _choose_reader(
    stream: BinaryIO, name: str, column: str | None
) -> Callable[[BinaryIO, str, str | None], Iterator[Item]]:
    suffix = PurePath(name.partition("?")[0]).suffix.lower()
    if not stream.seekable():  # standard input
        return _read_text
    head = stream.read(_HEAD_BYTES)
    stream.seek(0)
    if head.startswith(_PARQUET):
        return _read_parquet
    if is_archive(head):
        raise UsageError(f"{name}: is an archive that no scan reads; unpack it and give the folder")
    if b"\0" in head:
        raise UsageError(
            f"{name}: not a list of pictures; a manifest is text with a name a line, CSV, JSON lines "
            "or Parquet"
        )
    if suffix in (".csv", ".tsv"):
        return _read_csv
    if suffix in (".jsonl", ".ndjson"):
        return _read_jsonl
    if column is not None:
        raise UsageError(f"--column {column}: {name} has no columns; leave it out, or name the file .csv")
    return _read_text


def _read_text(stream: BinaryIO, name: str, column: str | None) -> Iterator[Item]:
    if column is not None:
        raise UsageError(f"--column {column}: {name} has no columns; leave it out")
    for number, raw in enumerate(stream, 1):
        line = raw.rstrip(b"\r\n")
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if line.strip():
            yield make_item(line.decode("utf-8", "surrogateescape"), name, number)


def _read_csv(stream: BinaryIO, name: str, column: str | None) -> Iterator[Item]:
    names, _, _ = stream.read(_HEAD_BYTES).partition(b"\n")
    stream.seek(0)
    delimiter = "\t" if name.lower().endswith(".tsv") else chr(max(_DELIMITERS, key=names.count))
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    rows = csv.reader(text, delimiter=delimiter)
    try:
        header = next(rows, [])
    except csv.Error as error:
        raise UsageError(f"{name}: not a list of pictures; its first line is no CSV ({error})") from error
    place = header.index(_choose_column(header, name, column)) if header else 0
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield _break_line(name, rows.line_num, str(error))
            continue
        if row:
            yield make_item(row[place] if place < len(row) else None, name, rows.line_num)


def _read_jsonl(stream: BinaryIO, name: str, column: str | None) -> Iterator[Item]:
    chosen = column
    for number, raw in enumerate(stream, 1):
        if not raw.strip():
            continue
        try:
            row = json.loads(raw)
        except (ValueError, RecursionError):
            yield _break_line(name, number, "not JSON")
            continue
        if not isinstance(row, dict):
            yield _break_line(name, number, "not a JSON object")
            continue
        if chosen is None:
            chosen = _choose_column(list(row), name, None)
        yield make_item(row.get(chosen), name, number)


def _read_parquet(stream: BinaryIO, name: str, column: str | None) -> Iterator[Item]:
    require_extra("parquet", "pyarrow")
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(stream)
        chosen = _choose_column(file.schema_arrow.names, name, column)
        number = 0
        for batch in file.iter_batches(_BATCH_ROWS, columns=[chosen]):
            for value in batch.column(0).to_pylist():
                number += 1
                yield make_item(value, name, number)
    except (pa.ArrowException, OSError) as error:
        raise UsageError(
            f"{name}: cannot be read as Parquet ({' '.join(str(error).split())[:120]})"
        ) from error


def _choose_column(columns: list[str], name: str, column: str | None) -> str:
    if column is not None:
        if column not in columns:
            raise UsageError(f"--column {column}: {name} has {', '.join(columns[:12]) or 'no columns'}")
        return column
    lowered = {each.strip().lower(): each for each in reversed(columns)}
    for usual in COLUMNS:
        if usual in lowered:
            return lowered[usual]
    raise UsageError(
        f"{name}: no column {', '.join(COLUMNS[:3])} ... among {', '.join(columns[:12]) or 'none'}; "
        "say which one names the pictures: --column NAME"
    )


def make_item(value: Any, name: str, number: int) -> Item:
    """Return the item that `value`, in line `number` of the list `name`, stands for, or why it is broken."""
    if not isinstance(value, str) or not value.strip():
        return _break_line(name, number, "names no picture")
    if len(value) > _MOST_CHARACTERS:
        return _break_line(name, number, f"over {_MOST_CHARACTERS} characters, which is no name")
    if "\0" in value:
        return _break_line(name, number, "a zero byte in the name")
    if not value.isascii():
        try:
            value.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:  # JSON may hold halves of characters
            return _break_line(name, number, "no text, so no name")
    return Item(value)


def _break_line(name: str, number: int, reason: str) -> Item:
    return Item(name=f"{name}:{number}", key=f"{PurePath(name).name}:{number}", broken=f"{BROKEN}, {reason}")
