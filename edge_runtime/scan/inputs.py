"""What a scan is given: folders, manifests, tars, here or in a store; what they are, and what is in them."""

import glob
import hashlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.escape import quote
from fakelens.edge_runtime.files import is_folder
from fakelens.edge_runtime.pictures.formats import HEAD_BYTES, IMAGE_SUFFIXES, VIDEO_SUFFIXES, Kind, sniff
from fakelens.edge_runtime.redact import redact_url
from fakelens.edge_runtime.scan.folder import walk_folder, walk_store
from fakelens.edge_runtime.scan.item import Item
from fakelens.edge_runtime.scan.manifest import read_manifest
from fakelens.edge_runtime.scan.skipped import Skipped
from fakelens.edge_runtime.scan.storage import as_usage, check_scheme, explain, identify_url, is_url, open_url
from fakelens.edge_runtime.scan.tars import is_tar, list_tar, refuse_packed

STDIN = "-"
_LISTS = {".csv", ".tsv", ".txt", ".lst", ".jsonl", ".ndjson", ".parquet"}
_BLOCK_BYTES = 1 << 20


class InputKind(StrEnum):
    """What an input is."""

    FOLDER = "folder"
    MANIFEST = "manifest"
    TAR = "tar"


@dataclass(frozen=True, kw_only=True)
class Input:
    """One input by its name."""

    name: str
    kind: InputKind

    def identify(self) -> str:
        """Return what changes when the input does: a digest of a manifest, of a tar's size and time.

        A folder's name stands for it: what it holds is in the plan.
        """
        if self.kind is InputKind.FOLDER or self.name == STDIN:
            return ""
        if is_url(self.name):
            return identify_url(self.name)
        if self.kind is InputKind.TAR:
            status = Path(self.name).stat()  # the places of its pictures hold as long as nobody writes to it
            return hashlib.sha256(f"{status.st_size} {status.st_mtime_ns}".encode()).hexdigest()
        with Path(self.name).open("rb") as stream:
            return digest_stream(stream)

    @property
    def is_relative(self) -> bool:
        """Whether it is a folder or a tar whose place hangs on the folder that one is in."""
        here = self.kind is not InputKind.MANIFEST and not is_url(self.name)
        return here and not Path(self.name).is_absolute()

    def list_items(
        self, skipped: Skipped, column: str | None, seen: set[tuple[int, int]] | None = None
    ) -> Iterator[Item]:
        """Yield its pictures, one at a time; what is none of them is counted in `skipped`.

        Folders that the inputs before it have `seen` are passed over.
        """
        if self.kind is InputKind.FOLDER:
            url = is_url(self.name)
            yield from walk_store(self.name, skipped) if url else walk_folder(Path(self.name), skipped, seen)
        elif self.name == STDIN:
            yield from read_manifest(sys.stdin.buffer, "standard input", column)
        elif is_url(self.name):
            try:
                yield from self._read(skipped, column)
            except Exception as error:  # the net may fail in the middle, in each driver's own way
                raise as_usage(explain(self.name, error)) from error
        else:
            yield from self._read(skipped, column)

    def _read(self, skipped: Skipped, column: str | None) -> Iterator[Item]:
        with closing(open_input(self.name)) as stream:
            if self.kind is InputKind.TAR:
                yield from list_tar(stream, self.name, skipped)
            else:
                yield from read_manifest(stream, self.name, column)


def find_scan_inputs(names: Iterable[str]) -> list[Input]:
    """Return what `names` are; `UsageError` for what is neither a folder nor a manifest nor a tar."""
    found: list[Input] = []
    for name in names:
        if not name:
            raise UsageError("an empty path was given; `.` stands for the folder you are in")
        if glob.has_magic(name) and not is_url(name) and not Path(name).exists():
            matches = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 (the shell's rules)
            if not matches:
                raise UsageError(f"{name}: the pattern matches no file")
            folders = {match for match in map(Path, matches) if is_folder(match)}
            above = [match for match in matches if folders.isdisjoint(Path(match).parents)]
            found += [_tell_input(match) for match in above]
        else:
            found.append(_tell_input(name))
    return list(dict.fromkeys(found))  # each once


def open_input(name: str) -> BinaryIO:
    """Return an input as an open file; `UsageError` where it cannot be read."""
    if is_url(name):
        return open_url(name)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise UsageError(f"{name}: cannot be read ({error.strerror})") from error


def digest_stream(stream: BinaryIO) -> str:
    """Return the SHA-256 of what is left of `stream`."""
    digest = hashlib.sha256()
    while block := stream.read(_BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()


def _tell_input(name: str) -> Input:
    if name == STDIN:
        return Input(name=name, kind=InputKind.MANIFEST)
    if is_url(name):
        return _tell_url(name)
    path = Path(name)
    if path.is_dir():
        return Input(name=name, kind=InputKind.FOLDER)
    if not path.exists():
        raise UsageError(f"{name}: no such file or folder; a scan takes folders, manifests and tars")
    if not path.is_file():
        raise UsageError(f"{name}: neither a file nor a folder; names come from standard input as -")
    with closing(open_input(name)) as stream:
        head = stream.read(HEAD_BYTES)
    refuse_packed(head, name)
    if is_tar(head) or path.suffix.lower() == ".tar":
        return Input(name=name, kind=InputKind.TAR)
    if sniff(head) not in (Kind.OTHER, Kind.EMPTY):
        raise UsageError(f"{name}: is itself a picture or video: `fakelens check {quote(name)}`")
    if path.suffix.lower() in IMAGE_SUFFIXES | VIDEO_SUFFIXES:
        raise UsageError(
            f"{name}: no picture or video, whatever its name says; replace it, or, if it is a list of "
            "pictures, rename it to .txt or .csv"
        )
    return Input(name=name, kind=InputKind.MANIFEST)


def _tell_url(name: str) -> Input:
    check_scheme(name)
    suffixes = [suffix.lower() for suffix in PurePosixPath(name.partition("?")[0]).suffixes]
    if suffixes[-2:-1] == [".tar"] or suffixes[-1:] in ([".tgz"], [".gz"], [".zst"]):
        refuse_packed(b"\x1f\x8b", redact_url(name))
    if suffixes[-1:] == [".tar"]:
        return Input(name=name, kind=InputKind.TAR)
    kind = InputKind.MANIFEST if suffixes and suffixes[-1] in _LISTS else InputKind.FOLDER
    return Input(name=name, kind=kind)
