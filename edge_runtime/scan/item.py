"""One picture of a scan: its name, and where its bytes are."""

import json
from typing import NamedTuple

_encode = json.JSONEncoder().encode  # `json.dumps` looks at its options for every name anew


class Item(NamedTuple):
    """One picture, or one line of a manifest that names none.

    A tuple, not a dataclass: there are millions, and it takes a third of the time to make one.
    """

    name: str  # what results call it, and where it lies unless it is in an archive
    key: str = ""  # what decides the shard, the same on every machine; the name where it is empty
    archive: str = ""  # the tar that holds it
    offset: int = 0  # of its first byte in the archive
    size_bytes: int = 0  # in the archive
    broken: str = ""  # why it names no picture

    def to_line(self) -> str:
        """Return it as a line of a plan."""
        if self.broken:
            return _encode([self.name, self.broken])
        if self.archive:
            return _encode([self.name, self.archive, self.offset, self.size_bytes])
        return _encode(self.name)


def item_from_line(line: str) -> Item:
    """Return the item that a line of a plan stands for, without its key; `ValueError` where it is none."""
    text = line.rstrip("\n")
    if text[:1] == text[-1:] == '"' and "\\" not in text:  # most: a name that JSON leaves as it is
        return Item(text[1:-1])
    fields = json.loads(text)
    if isinstance(fields, str):
        return Item(fields)
    if len(fields) == 2 and all(isinstance(each, str) for each in fields):
        return Item(name=fields[0], broken=fields[1])
    name, archive, offset, size_bytes = fields
    if not isinstance(name, str) or not isinstance(archive, str) or min(offset, size_bytes) < 0:
        raise ValueError(text)
    return Item(name=name, archive=archive, offset=offset, size_bytes=size_bytes)
