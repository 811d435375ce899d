"""Shards of one scan into one result folder: complete, of one model and one list, each part intact."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import check_output, stage_folder
from fakelens.edge_runtime.scan.header import Header, read_header, write_header
from fakelens.edge_runtime.scan.ledger import Part, add_part, read_ledger, total_counts
from fakelens.edge_runtime.scan.shard import parse_shard

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class ShardResults:
    """One shard's folder."""

    folder: Path
    header: Header
    parts: list[Part]

    @property
    def lines(self) -> int:
        """Lines in finished parts."""
        return sum(part.lines for part in self.parts)


def find_results(folder: Path) -> list[ShardResults]:
    """Return what lies in `folder`, the results of one scan or those of its shards; `UsageError` for none."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; give the one that a scan wrote to as -o")
    candidates = [folder, *sorted(folder.glob("shard-*-of-*"))]
    found = [
        ShardResults(folder=each, header=header, parts=read_ledger(each))
        for each in candidates
        if (header := read_header(each)) is not None
    ]
    if not found:
        raise UsageError(f"{folder}: holds no results of a scan")
    return found


def merge(folders: list[Path], output: Path) -> tuple[int, Counter[str]]:
    """Write the shards in `folders` as one result folder, and return lines and counts.

    Raises `UsageError` where a shard is missing, unfinished, damaged, or of another model or list.
    """
    check_output(output, "-o")
    shards = [found for folder in folders for found in find_results(folder)]
    _check_together(shards)
    _check_complete(shards)
    first = shards[0].header
    total = sum(each.header.plan.lines for each in shards)
    with stage_folder(output) as staging:
        for number, (each, part) in enumerate(_list_parts(shards)):
            name = f"part-{number:05d}{Path(part.name).suffix}"
            _copy_part(each.folder / part.name, staging / name, part)
            add_part(staging, replace(part, name=name))
        write_header(staging, replace(first, shard="0/1", plan=replace(first.plan, lines=total)))
    return total, total_counts([part for each in shards for part in each.parts])


def _list_parts(shards: list[ShardResults]) -> Iterator[tuple[ShardResults, Part]]:
    for each in shards:
        for part in each.parts:
            yield each, part


def _check_together(shards: list[ShardResults]) -> None:
    """Refuse shards that are not of one scan, one of them twice, or one missing."""
    first = shards[0]
    count = parse_shard(first.header.shard).count
    seen: dict[int, Path] = {}
    for each in shards:
        shard = parse_shard(each.header.shard)
        mine, other = each.header, first.header
        if shard.count != count:
            raise UsageError(
                f"{each.folder} is shard {shard}, but {first.folder} one of {count}; merge one scan"
            )
        if (mine.model_digest, mine.settings) != (other.model_digest, other.settings):
            raise UsageError(
                f"{each.folder} holds results of {mine.describe()}, but {first.folder} of "
                f"{other.describe()}, "
                "or with other options; merge one scan"
            )
        if (mine.plan.names, mine.plan.names_digest) != (other.plan.names, other.plan.names_digest):
            raise UsageError(
                f"{each.folder} saw {mine.plan.names:,} names ({mine.plan.names_digest[:8]}), but "
                f"{first.folder} "
                f"{other.plan.names:,} ({other.plan.names_digest[:8]}): the inputs changed in "
                "between, or are "
                "others; scan one of the shards again"
            )
        if mine.parts is not other.parts:
            raise UsageError(f"{each.folder} holds {mine.parts}, but {first.folder} {other.parts}")
        if shard.index in seen:
            raise UsageError(f"{each.folder} and {seen[shard.index]} are both shard {shard}; leave out one")
        seen[shard.index] = each.folder
    missing = [f"{index}/{count}" for index in range(count) if index not in seen]
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise UsageError(
            f"{first.folder.parent}: no results of shard {', '.join(missing[:5])}{more}; run "
            f"`fakelens scan ... --shard {missing[0]}` first"
        )


def _check_complete(shards: list[ShardResults]) -> None:
    for each in shards:
        if each.lines != each.header.plan.lines:
            raise UsageError(
                f"{each.folder}: {each.lines:,} of {each.header.plan.lines:,} lines in finished "
                "parts; run its "
                f"scan (--shard {each.header.shard}) to its end first"
            )


def _copy_part(source: Path, target: Path, part: Part) -> None:
    """Copy a part, and refuse one that is no longer what its ledger says."""
    digest = hashlib.sha256()
    try:
        with source.open("rb") as file, target.open("wb") as copy:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
                copy.write(block)
    except FileNotFoundError as error:
        raise UsageError(f"{source}: in the ledger, but gone; restore it") from error
    if digest.hexdigest() != part.sha256:
        raise UsageError(f"{source}: does not match its digest, the part was changed or damaged; restore it")
