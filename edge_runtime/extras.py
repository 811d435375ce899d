"""Packages beyond the base install: whether they are there, and how to get them."""

import importlib.util
import os
from typing import Any

from fakelens.edge_runtime.errors import MissingExtraError

_FFMPEG_QUIET = "-8"


def require_extra(extra: str, *modules: str) -> None:
    """Raise `MissingExtraError`, naming the install command of `extra`, unless all `modules` are installed.

    Nothing is imported: that may take seconds, and what is wrong should be said at once.
    """
    for module in modules:
        package = module.partition(".")[0]
        if not is_installed(package):
            raise MissingExtraError(
                f'this command needs {package}, which is not installed: pip install "fakelens[{extra}]"'
            )


def is_installed(package: str) -> bool:
    """Whether `package` could be imported; nothing is imported."""
    try:
        return importlib.util.find_spec(package) is not None
    except ImportError:  # an importer that refuses it
        return False
    except ValueError:  # a module without a spec: another thread imports it now, as cv2 comes in two steps
        return True


def load_cv2() -> Any:
    """Return the module, with its loggers silenced: they write URLs with their credentials to stderr."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", _FFMPEG_QUIET)
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    import cv2

    return cv2
