"""The plan of a scan: its pictures, a line each, in a file, so that a place in it says what is done."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.scan.item import Item, item_from_line
from fakelens.edge_runtime.scan.shard import Shard, digest_key

_MODULUS = 1 << 64


@dataclass(frozen=True, kw_only=True)
class PlanFacts:
    """What there is to do, and what the whole is, by which shards know each other."""

    lines: int  # of this shard
    names: int  # of all shards
    names_digest: str  # of all names, whatever their order

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self)


def write_plan(path: Path, items: Iterable[Item], shard: Shard) -> PlanFacts:
    """Write those of `items` that are in `shard` to `path`, and return what was seen."""
    lines = names = total = 0
    with path.open("w", encoding="ascii") as file:
        for item, digest in digest_items(items):
            names += 1
            total = (total + digest) % _MODULUS
            if shard.holds(digest):
                lines += 1
                file.write(item.to_line() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return PlanFacts(lines=lines, names=names, names_digest=f"{total:016x}")


def sum_names(items: Iterable[Item]) -> tuple[int, str]:
    """Return the number of `items` and their digest, as a plan has them."""
    names = total = 0
    for _, digest in digest_items(items):
        names += 1
        total = (total + digest) % _MODULUS
    return names, f"{total:016x}"


def digest_items(items: Iterable[Item]) -> Iterator[tuple[Item, int]]:
    """Yield each item with the digest of its key."""
    for item in items:
        yield item, digest_key(item.key or item.name)


def read_plan(path: Path, start: int = 0) -> Iterator[Item]:
    """Yield the items of a plan from line `start` on, counted from 0; `UsageError` for damage."""
    try:
        with path.open(encoding="ascii") as file:
            yield from map(item_from_line, islice(file, start, None))
    except FileNotFoundError as error:
        raise UsageError(f"{path}: the plan is gone; restore it, or give another -o") from error
    except (ValueError, TypeError) as error:
        raise UsageError(f"{path}: the plan is damaged; restore it, or give another -o") from error
