"""Results in a folder: lines are only ever added, finished parts have a digest, a kill costs nothing.

The lines are those of the plan, in its order, so the number of lines says where to go on. The open part is
always JSON lines; at its end it is renamed, or rewritten as Parquet, and entered in the ledger. Whatever
moment a kill falls on, each of these steps can be done again. Lines that come in quick succession are written
together, some times a second: to write each takes as long as a part of checking a tiny picture. What a kill
takes along of them was not written, and is checked again.
"""

import errno
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import digest_file
from fakelens.edge_runtime.scan.checker import Answer
from fakelens.edge_runtime.scan.ledger import Part, add_part, read_ledger, total_counts
from fakelens.edge_runtime.scan.outcome import ERROR
from fakelens.edge_runtime.scan.part_format import PartFormat

PART_LINES = 100_000
_LOCK_NAME = ".lock"
_WRITE_EVERY_S = 0.05


class Results:
    """The lines of one result folder, to be added to."""

    def __init__(self, folder: Path, parts: PartFormat, part_lines: int = PART_LINES) -> None:
        """Find what is there, and mend what a kill left; `UsageError` while another scan writes there."""
        self._folder, self._format, self._part_lines = folder, parts, part_lines
        self._lock = lock_folder(folder)
        finished = read_ledger(folder)
        self._number = len(finished)
        self.counts = total_counts(finished)
        self.done = sum(part.lines for part in finished)
        self._clear_stale()
        self._open: BinaryIO | None = None
        self._lines, self._counts = self._recover()
        self._pending: list[str] = []  # lines that are not written yet
        self._next_write = 0.0  # on the monotonic clock
        self.done += self._lines
        self.counts.update(self._counts)
        if self._lines >= part_lines:  # a kill fell between its last line and the ledger
            self.finish_part()

    def add(self, answer: Answer) -> None:
        """Write one line: at once, or with those that follow where the last was written a moment ago."""
        self._pending.append(answer.line)
        self._lines += 1
        self.done += 1
        self._counts[answer.outcome] += 1
        self.counts[answer.outcome] += 1
        if self._lines >= self._part_lines:
            self.finish_part()
        elif time.monotonic() >= self._next_write:
            self.flush()

    def flush(self) -> None:
        """Write the lines that were added; `UsageError` where the disk takes no more."""
        if not self._pending:
            return
        content = "".join(f"{line}\n" for line in self._pending).encode()
        before = self.done - len(self._pending)
        self._pending.clear()  # whatever happens: a second try would write some of them twice
        written = 0
        try:
            if self._open is None:
                self._open = self._open_path.open("ab", buffering=0)
            written = self._open.write(content) or 0
            if written != len(content):  # a disk that is nearly full takes a part of it
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise self._explain(error, before + content.count(b"\n", 0, written)) from error
        self._next_write = time.monotonic() + _WRITE_EVERY_S

    def finish_part(self) -> None:
        """Close the open part, if it holds a line, and enter it in the ledger."""
        if not self._lines:
            return
        self.flush()
        try:
            self._finish_part()
        except OSError as error:
            raise self._explain(error, self.done) from error
        self._number += 1
        self._lines, self._counts = 0, Counter()

    def close(self) -> None:
        """Leave the folder to others; the open part stays open."""
        with suppress(UsageError):  # whoever closes before the end says why; the rest is checked again
            self.flush()
        if self._open is not None:
            self._open.close()
            self._open = None
        os.close(self._lock)

    def _finish_part(self) -> None:
        if self._open is None:
            self._open = self._open_path.open("ab", buffering=0)
        os.fsync(self._open.fileno())
        self._open.close()
        self._open = None
        target = self._folder / f"part-{self._number:05d}.{self._format}"
        if self._format is PartFormat.PARQUET:
            from fakelens.edge_runtime.scan.parquet import write_parquet

            write_parquet(self._open_path, target)
        else:
            self._open_path.rename(target)
        _sync_folder(self._folder)
        self._enter(target)
        self._open_path.unlink(missing_ok=True)

    def _enter(self, target: Path) -> None:
        part = Part(
            name=target.name, lines=self._lines, sha256=digest_file(target), counts=dict(self._counts)
        )
        add_part(self._folder, part)

    @property
    def _open_path(self) -> Path:
        return self._folder / f"part-{self._number:05d}.open.jsonl"

    def _clear_stale(self) -> None:
        """Remove an open part that was rewritten and entered, but not removed before a kill."""
        for path in self._folder.glob("part-*.open.jsonl"):
            if path != self._open_path:
                path.unlink()

    def _recover(self) -> tuple[int, Counter[str]]:
        """Return lines and counts of the open part, its last line cut where it is not whole."""
        renamed = self._folder / f"part-{self._number:05d}.jsonl"
        if self._format is PartFormat.JSONL and renamed.exists() and not self._open_path.exists():
            renamed.rename(self._open_path)  # finished, but not entered
        counts: Counter[str] = Counter()
        whole = 0
        if not self._open_path.exists():
            return 0, counts
        with self._open_path.open("rb+") as file:
            for line in file:
                outcome = tell_outcome(line) if line.endswith(b"\n") else None
                if outcome is None:
                    break
                counts[outcome] += 1
                whole += len(line)
            file.truncate(whole)
        return counts.total(), counts

    def _explain(self, error: OSError, kept: int) -> UsageError:
        if error.errno == errno.ENOSPC:
            reason = "the disk is full; free some space"
        else:
            reason = f"cannot be written ({error.strerror or error})"
        return UsageError(
            f"{self._folder}: {reason} and run the same command again: the first {kept:,} lines are kept"
        )


def tell_outcome(line: bytes | str) -> str | None:
    """Return what a line of results counts as; None where it is no whole line."""
    found = read_row(line)
    return None if found is None else found[1]


def read_row(line: bytes | str) -> tuple[dict[str, Any], str] | None:
    """Return the object of a line of results and what it counts as; None where it is no whole line."""
    try:
        row = json.loads(line if isinstance(line, str) else str(line, "utf-8"))
        verdict = row["verdict"]
        return row, str(verdict) if verdict is not None else f"{ERROR}{row['error_kind']}"
    except (ValueError, KeyError, TypeError):
        return None


def read_lines(folder: Path) -> Iterator[str]:
    """Yield the lines of `folder` in their order, those of the open part too."""
    finished = read_ledger(folder)
    for part in finished:
        yield from read_part(folder / part.name)
    tail = folder / f"part-{len(finished):05d}"
    for path in (tail.with_suffix(".open.jsonl"), tail.with_suffix(".jsonl")):
        if path.exists():
            yield from (line for line in read_part(path) if tell_outcome(line) is not None)
            return


def read_part(path: Path) -> Iterator[str]:
    """Yield the lines of one part, without their ends."""
    try:
        if path.suffix == ".parquet":
            from fakelens.edge_runtime.scan.parquet import read_parquet

            yield from read_parquet(path)
            return
        with path.open(encoding="utf-8", errors="replace") as file:  # a kill may leave anything at its end
            for line in file:
                yield line.rstrip("\n")
    except FileNotFoundError as error:
        raise UsageError(f"{path}: this part is in the ledger, but gone; restore it") from error
    except (OSError, ValueError) as error:  # of pyarrow
        raise UsageError(f"{path}: damaged; restore it") from error


def lock_folder(folder: Path) -> int:
    """Return a descriptor that keeps other scans away from `folder` until it is closed, even by a kill."""
    descriptor = os.open(folder / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        import fcntl
    except ImportError:  # Windows
        return descriptor
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise UsageError(
            f"{folder}: another scan writes there; wait for it, or give another -o or --shard"
        ) from error
    except OSError:
        pass  # a network file system without locks
    return descriptor


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # not every system opens folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
