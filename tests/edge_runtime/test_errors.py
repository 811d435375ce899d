"""Every error of ours carries its exit code."""

import errno

from fakelens.edge_runtime import errors
from fakelens.edge_runtime.errors import FakelensError, explain_os_error


def test_exit_codes_are_the_documented_ones() -> None:
    codes = {
        name: kind.exit_code
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, FakelensError)
    }
    special = {"CameraError": 3, "GateError": 1, "MissingExtraError": 3, "MissingSystemError": 3}
    assert codes.items() >= special.items()
    assert {code for name, code in codes.items() if name not in special} == {2}


def test_what_the_system_refuses_has_a_remedy() -> None:
    full = explain_os_error(OSError(errno.ENOSPC, "No space left on device", "a.html"))
    assert full == "a.html: the disk is full; free some space and run the command again"
    locked = explain_os_error(OSError(errno.EACCES, "Permission denied", "photos/fake"))
    assert locked.startswith("photos/fake: Permission denied; change its rights, ")
    limited = explain_os_error(OSError(errno.EFBIG, "File too large"))
    assert limited == "File too large: a limit of this account (ulimit -f, quota); write somewhere else"
