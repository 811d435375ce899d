"""Nothing half-written is ever left under the final name, nor anything beside it."""

import io
import os
import stat
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import (
    check_output,
    check_writable,
    name_archive_errors,
    stage_folder,
    write_atomic,
)
from tests.fuzz.mutate import mutate


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


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_atomic(pipe, "page")
    assert os.read(reader, 10) == b"page"
    os.close(reader)
    assert pipe.is_fifo()


def test_what_is_no_text_is_not_to_be_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    check_writable(path, "--html")
    for content in (b"", b"<!doctype html>", b"\xef\xbb\xbfa,b\n", "é".encode().rjust(9)):
        path.write_bytes(content)
        check_writable(path, "--html")
    for content in (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n", b"GIF89a\1\0"):
        path.write_bytes(content)
        with pytest.raises(UsageError, match=r"--html .*page\.html: holds a picture or other data"):
            check_writable(path, "--html")


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


def test_the_folder_appears_complete_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), stage_folder(tmp_path / "out") as staging:
        staging.write_text("a folder takes no text")
    assert list(tmp_path.iterdir()) == []
    with stage_folder(tmp_path / "out") as staging:
        (staging / "whole").touch()
        assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "whole"]


def test_only_a_new_or_empty_folder_is_taken(tmp_path: Path) -> None:
    check_output(tmp_path / "new", "-o")
    check_output(tmp_path, "-o")
    (tmp_path / "file").touch()
    for taken in (tmp_path, tmp_path / "file"):
        with pytest.raises(UsageError, match="give another -o"):
            check_output(taken, "-o")


def test_a_damaged_archive_raises_what_is_named() -> None:
    whole = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", method) as archive:
            archive.writestr("config.json", '{"a": 1}' * 100)
        whole.append(stream.getvalue())
    seen = set()
    for number in range(1500):
        damaged = mutate(whole[number % 2], np.random.default_rng(number))
        try:
            with zipfile.ZipFile(io.BytesIO(damaged)) as archive:
                archive.read("config.json")
        except name_archive_errors() as error:
            seen.add(type(error))
    assert {zipfile.BadZipFile, zlib.error, NotImplementedError} <= seen


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_place_that_nobody_may_write_to_is_named_as_given(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with (
        pytest.raises(
            UsageError, match=r"new: cannot be written \(Permission denied\); choose another place"
        ),
        stage_folder(tmp_path / "new"),
    ):
        pass


def test_a_place_that_is_no_folder_is_named_as_given(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="file/new: cannot be written"), stage_folder(tmp_path / "file/new"):
        pass
