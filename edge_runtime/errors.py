"""The errors a user may see: each names the value and the remedy, and carries its exit code."""

import errno
from typing import ClassVar


class FakelensError(Exception):
    """Base of all fakelens errors; `str(error)` is the one line shown to the user."""

    exit_code: ClassVar[int] = 2


class UsageError(FakelensError):
    """What the user gave cannot be used: a path, an option, a data set, a run directory."""


class ConfigError(UsageError):
    """A recipe or a flag holds a value that training cannot use."""


class ImageError(UsageError):
    """A file is no image that can be decoded."""


class ModelError(UsageError):
    """A file is no intact fakelens model."""


class RunError(UsageError):
    """A run directory is missing, unfinished or damaged."""


class GateError(FakelensError):
    """A converted file failed one of its gates."""

    exit_code = 1


class MissingExtraError(FakelensError):
    """A command needs packages that the base install does not bring."""

    exit_code = 3


class CameraError(FakelensError):
    """A camera or stream is not there, or gives no frames."""

    exit_code = 3


class MissingSystemError(FakelensError):
    """A command works with a part of the system that is not there or does not run."""

    exit_code = 3


class SinkError(FakelensError):
    """Something that results go to takes no more; it is off, the rest goes on."""


def explain_os_error(error: OSError) -> str:
    """Return what the system refused, and where, in one line."""
    place = error.filename2 or error.filename  # of a copy the second is where it goes
    where = f"{place}: " if place else ""
    if error.errno == errno.ENOSPC:
        return f"{where}the disk is full; free some space and run the command again"
    if error.errno in (errno.EFBIG, errno.EDQUOT):
        return f"{where}{error.strerror}: a limit of this account (ulimit -f, quota); write somewhere else"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{where}{error.strerror}; change its rights, run as its owner, or name another place"
    return f"{where}{error.strerror or error}"
