"""Files and folders that are never left half-written under their final name, and the cache folder."""

import codecs
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fakelens.edge_runtime.errors import UsageError

_HEAD_BYTES = 4096
_NO_ASCII = b"\x80"
_PREFIX = 40  # characters of the final name: one that is as long as may be leaves no room for more


def is_file(path: str | Path) -> bool:
    """Whether `path` is a file; False, too, for what nobody may look at, where `Path.is_file` raises."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: str | Path) -> bool:
    """Whether `path` is a folder; False, too, for what nobody may look at."""
    return os.path.isdir(path)  # noqa: PTH112


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write `content` beside `path`, then rename; an interrupted write leaves `path` as it was.

    A device or a pipe is written to, not replaced.
    """
    import tempfile  # here and below: a check of one picture writes no file, and it takes long to load

    data = content.encode() if isinstance(content, str) else content
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:_PREFIX]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file as `sha256sum` prints it."""
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def name_archive_errors(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """Return what reading a damaged zip raises, which `.npz` and `.keras` files are too, and `more`."""
    import struct
    import zipfile
    import zlib

    broken = (zipfile.BadZipFile, zlib.error, struct.error, EOFError)
    odd = (KeyError, ValueError, RuntimeError)  # the last of flags, versions and depths
    return (*broken, *odd, OSError, *more)


def check_writable(path: Path, option: str) -> None:
    """Raise `UsageError`, naming `option`, unless a file can be written to `path`; before hours of work."""
    if path.is_dir():
        raise UsageError(f"{option} {path}: is a folder; give the name of a file")
    if path.is_file() and not _is_text(path):
        raise UsageError(f"{option} {path}: holds a picture or other data, which would be lost; name another")
    check_folder_writable(path.parent, f"{option} {path}")


def _is_text(path: Path) -> bool:
    """Whether a file looks like a text that was written before; one that cannot be read is none."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    return b"\0" not in head and (head[:1] < _NO_ASCII or head.startswith(codecs.BOM_UTF8))


def check_folder_writable(folder: Path, what: str) -> None:
    """Make `folder` where it is missing; `UsageError`, naming `what`, unless files can be written to it."""
    import tempfile

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".fakelens."):
            pass
    except OSError as error:
        raise UsageError(
            f"{what}: cannot be written ({error.strerror or error}); choose another place"
        ) from error


def refuse_within(output: Path, folder: Path, option: str) -> None:
    """Raise `UsageError` where `output`, which `option` names, lies in a `folder` of pictures, or is it.

    What is written there would be taken for pictures that were found there, at once or the next time.
    """
    if is_folder(folder) and output.resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            f"{option} {output}: lies in {folder}, so that what is written there would be checked as well; "
            "give a folder outside of it"
        )


def cache_folder() -> Path:
    """Return where to keep what can be made again: $FAKELENS_CACHE, else the user's cache folder."""
    base = os.environ.get("FAKELENS_CACHE")
    if base:
        return Path(base)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fakelens"


def check_output(output: Path, option: str) -> None:
    """Raise `UsageError`, with `option` in its remedy, unless `output` is new or an empty folder."""
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise UsageError(f"{output} exists and is not empty: give another {option} or remove it first")


@contextmanager
def stage_folder(output: Path) -> Iterator[Path]:
    """Yield a folder that becomes `output` at the end, and is gone after any error or interruption."""
    import shutil
    import tempfile

    check_folder_writable(output.parent, str(output))
    staging = Path(tempfile.mkdtemp(dir=output.parent, prefix=f".{output.name}."))
    try:
        yield staging
        mask = os.umask(0)
        os.umask(mask)
        staging.chmod(0o777 & ~mask)
        if output.exists():
            output.rmdir()
        staging.rename(output)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
