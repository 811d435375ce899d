"""Nothing half-written is ever left under the final name, nor anything beside it."""

import os
import stat
from pathlib import Path

import pytest

from fakelens.edge_runtime.files import write_atomic


def test_bytes_and_text_are_written_and_folders_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"
    write_atomic(path, b"\0\1\xff")
    assert path.read_bytes() == b"\0\1\xff"
    write_atomic(path, "ä\n")
    assert path.read_bytes() == "ä\n".encode()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    ordinary, atomic = tmp_path / "ordinary", tmp_path / "atomic"
    ordinary.write_bytes(b"")
    write_atomic(atomic, b"")
    assert stat.S_IMODE(atomic.stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)


def test_a_failed_write_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "target"
    folder.mkdir()
    (folder / "kept").write_text("kept")
    with pytest.raises(OSError):
        write_atomic(folder, b"content")  # a folder cannot be replaced by a file
    assert list(tmp_path.iterdir()) == [folder]
    assert (folder / "kept").read_text() == "kept"
    with pytest.raises(UnicodeEncodeError):
        write_atomic(folder / "kept", "\udcff")
    assert (folder / "kept").read_text() == "kept"
    assert [path.name for path in folder.iterdir()] == ["kept"]
