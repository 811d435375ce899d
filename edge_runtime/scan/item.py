"""One picture of a scan: its name, and where its bytes are."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Item:
    """One picture, or one line of a manifest that names none."""

    name: str  # what results call it, and where it lies unless it is in an archive
    key: str = ""  # what decides the shard, the same on every machine; the name where it is empty
    archive: str = ""  # the tar that holds it
    offset: int = 0  # of its first byte in the archive
    size_bytes: int = 0  # in the archive
    broken: str = ""  # why it names no picture

    def to_line(self) -> str:
        """Return it as a line of a plan."""
        if self.broken:
            return json.dumps([self.name, self.broken])
        if self.archive:
            return json.dumps([self.name, self.archive, self.offset, self.size_bytes])
        return json.dumps(self.name)


def item_from_line(line: str) -> Item:
    """Return the item that a line of a plan stands for, without its key."""
    fields = json.loads(line)
    if isinstance(fields, str):
        return Item(name=fields)
    if len(fields) == 2:
        return Item(name=fields[0], broken=fields[1])
    name, archive, offset, size_bytes = fields
    return Item(name=name, archive=archive, offset=offset, size_bytes=size_bytes)
