"""The associated files behind the graph of a model file: a zip archive that holds labels and contract.

What is laid out just as `pack_model` does it is read here, field by field; whatever differs in the least is
left to `zipfile`, which takes longer to load than all that a model file needs beside it.
"""

import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from fakelens.edge_runtime.errors import ModelError

if TYPE_CHECKING:
    import zipfile

CONTRACT_NAME = "fakelens.json"
LABELS_NAME = "labels.txt"
_NAMES = (LABELS_NAME.encode(), CONTRACT_NAME.encode())  # in the order in which they are packed
_MOST_BYTES = 1 << 20  # of one, inflated; contracts take a few kilobytes
# What comes before each file, what lists it, and what ends the archive; see PKWARE's APPNOTE.
_LOCAL, _LISTED, _END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")
_LOCAL_SIGNATURE = b"PK\3\4"
_LONG_END, _LONG_END_BYTES = b"PK\6\7", 20  # before the end, where an archive is over 4 GB or pretends to be

Members = tuple[int, bytes, bytes]  # where the archive begins, then contract and labels


def read_members(content: bytes, path: Path) -> Members:
    """Return where the archive in `content` begins, contract and labels; `ModelError` naming `path`."""
    return _read_as_packed(content) or _read_archive(content, path)


def names_contract(content: bytes) -> bool:
    """Whether a contract lies in `content`, or what a truncated file leaves of one."""
    begin = content.find(_LOCAL_SIGNATURE)
    while begin >= 0:
        if content.startswith(_NAMES[1], begin + _LOCAL.size):
            return True
        begin = content.find(_LOCAL_SIGNATURE, begin + 1)
    return False


def _read_as_packed(content: bytes) -> Members | None:
    """Return the members of an archive that has all that `pack_model` writes and nothing else; else None."""
    end_at = len(content) - _END.size
    if end_at < _LONG_END_BYTES or content.startswith(_LONG_END, end_at - _LONG_END_BYTES):
        return None
    end = _END.unpack_from(content, end_at)
    list_bytes, list_at = end[5:7]
    if end != (b"PK\5\6", 0, 0, 2, 2, list_bytes, list_at, 0) or list_at + list_bytes != end_at:
        return None
    files, borders, entry_at = [], [], list_at
    for name in _NAMES:
        begin, file = _read_file(content, name, entry_at, list_at)
        if file is None:
            return None
        files.append(file)
        borders += [begin, begin + _LOCAL.size + len(name) + len(file)]
        entry_at += _LISTED.size + len(name)
    start, first_end, second_start, second_end = borders
    if (first_end, second_end, entry_at) != (second_start, list_at, end_at):  # nothing lies between
        return None
    labels, text = files
    return start, text, labels


def _read_file(content: bytes, name: bytes, entry_at: int, list_at: int) -> tuple[int, bytes | None]:
    """Return where the file of an entry begins, and the file; None unless it is plain, and is `name`."""
    if entry_at + _LISTED.size > len(content):
        return 0, None
    listed = _LISTED.unpack_from(content, entry_at)
    version, date, size, begin = listed[1:3], listed[5:8], listed[8], listed[-1]
    facts = (version[1], 0, 0, *date, size, size, len(name), 0)  # no flags, not compressed, nothing more said
    at = begin + _LOCAL.size + len(name)
    if (
        listed != (b"PK\1\2", version[0], *facts, 0, 0, 0, listed[-2], begin)
        or size > _MOST_BYTES
        or at + size > list_at
        or _LOCAL.unpack_from(content, begin) != (_LOCAL_SIGNATURE, *facts)
        or not content.startswith(name, entry_at + _LISTED.size)
        or not content.startswith(name, begin + _LOCAL.size)
    ):
        return 0, None
    file = content[at : at + size]
    return begin, file if zlib.crc32(file) == date[-1] else None


def _read_archive(content: bytes, path: Path) -> Members:
    import io
    import zipfile

    from fakelens.edge_runtime.files import name_archive_errors

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:  # raises many kinds on a damaged archive
            _check_entries(archive.infolist(), path)
            start = min(entry.header_offset for entry in archive.infolist())
            return start, _read_member(archive, CONTRACT_NAME), _read_member(archive, LABELS_NAME)
    except name_archive_errors() as error:
        raise ModelError(
            f"{path}: a TFLite file without an intact fakelens contract; it is truncated or was not made "
            "by `fakelens convert`"
        ) from error


def _check_entries(entries: "list[zipfile.ZipInfo]", path: Path) -> None:
    """Refuse what two readers could read as two models, and what would fill the memory."""
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        raise ModelError(
            f"{path}: holds two files of one name, so it is unclear which counts; fetch it again"
        )
    for entry in entries:
        if entry.filename in (CONTRACT_NAME, LABELS_NAME) and entry.file_size > _MOST_BYTES:
            raise ModelError(
                f"{path}: {entry.filename} inside takes {entry.file_size:,} bytes, at most "
                f"{_MOST_BYTES:,} are read; fetch it again"
            )


def _read_member(archive: "zipfile.ZipFile", name: str) -> bytes:
    with archive.open(name) as file:  # what it says of its size need not be true
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"{name} is over {_MOST_BYTES} bytes")
    return content
