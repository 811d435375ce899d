"""Tars as WebDataset has them: where the pictures in them begin and end, so that nothing is unpacked."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.pictures.formats import IMAGE_SUFFIXES
from fakelens.edge_runtime.scan.item import Item
from fakelens.edge_runtime.scan.skipped import Skipped

_MAGIC = slice(257, 262)
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")  # gzip, bzip2, xz, zstandard


def is_tar(head: bytes) -> bool:
    """Whether a file that begins with `head` is a tar that is not compressed."""
    return head[_MAGIC] == b"ustar"


def refuse_packed(head: bytes, name: str) -> None:
    """Raise `UsageError` for a compressed file: nobody can begin in its middle."""
    if head.startswith(_PACKED):
        raise UsageError(
            f"{name}: is compressed; unpack it first (`gunzip`, `unzstd`): pictures hardly shrink, "
            "and a plain "
            "tar can be read from its middle"
        )


def list_tar(stream: BinaryIO, name: str, skipped: Skipped) -> Iterator[Item]:
    """Yield the pictures in the tar that `stream` holds, by their suffixes; the other files are counted.

    An archive that breaks off gives an item that says so after the pictures before the break.
    """
    import tarfile  # with all that unpacks, which no other input needs

    base = PurePosixPath(name.replace("\\", "/")).name
    size_bytes = stream.seek(0, 2)
    stream.seek(0)
    members = before = 0
    try:
        with tarfile.open(fileobj=stream, mode="r:", errorlevel=1) as archive:
            while (member := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # or the list of all of them stays in memory
                members += 1
                if min(member.size, archive.offset - before - 1) < 0:  # it would lead back, without end
                    break
                before = archive.offset
                path = PurePosixPath(member.name)
                if path.name.startswith("."):  # macOS puts ._a.jpg beside a.jpg
                    continue
                if not member.isreg():
                    if (member.issym() or member.islnk()) and path.suffix.lower() in IMAGE_SUFFIXES:
                        skipped.add_unreadable(f"{name}/{member.name}: a link in the archive is not followed")
                    continue
                end = member.offset_data + member.size
                if path.suffix.lower() not in IMAGE_SUFFIXES:
                    skipped.others += 1
                elif member.issparse():
                    reason = "a sparse file in the archive; pack it without --sparse"
                    yield Item(name=f"{name}/{member.name}", key=f"{base}/{member.name}", broken=reason)
                elif end > size_bytes:
                    break
                else:
                    yield Item(
                        name=f"{name}/{member.name}",
                        key=f"{base}/{member.name}",
                        archive=name,
                        offset=member.offset_data,
                        size_bytes=member.size,
                    )
            else:
                if archive.offset <= size_bytes:
                    return
    except (tarfile.TarError, OSError, EOFError, ValueError, OverflowError, RecursionError) as error:
        if not members:
            raise UsageError(f"{name}: cannot be read as a tar ({error})") from error
    yield Item(
        name=f"{name}:end", key=f"{base}:end", broken=f"the archive breaks off after {members} members"
    )
