"""The kits' source trees as they lie in the package, in a checkout and in an installed wheel alike."""

import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from fakelens.convert.ship.layout import Platform

# What building and testing a template in place leaves behind.
_MADE = frozenset(
    {
        *("node_modules", "dist", "dev-dist", "coverage", "test-results", "playwright-report"),
        *("build", "local.properties", "captures", "DerivedData", "Pods", "xcuserdata", "__pycache__"),
    }
)
_MADE_FOLDERS = ("public/litert",)  # copied out of node_modules for the page to load
_MADE_SUFFIXES = frozenset({".log", ".pyc", ".iml", ".apk", ".aar", ".tsbuildinfo", ".tgz"})
_DOTFILES = frozenset({".gitignore"})  # any other stays behind, and out of the wheel (pyproject.toml)


def find_template(platform: Platform) -> Path:
    """Return the folder of the kit's source tree."""
    return Path(str(files("fakelens.convert.ship"))) / platform


def list_template(folder: Path) -> list[Path]:
    """Return the files of the source tree `folder` that belong to a kit, relative to it, sorted."""
    return sorted(_walk(folder, folder))


def copy_template(folder: Path, target: Path, left_out: str) -> None:
    """Copy the source tree `folder` as it is to `target`, file modes too, but for what lies in `left_out`."""
    for name in list_template(folder):
        if not name.is_relative_to(left_out):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / name, target / name)


def _walk(folder: Path, root: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        name = path.relative_to(root)
        if path.is_symlink() or not _belongs(name):
            continue
        if path.is_dir():
            yield from _walk(path, root)
        else:
            yield name


def _belongs(path: Path) -> bool:
    if path.as_posix() in _MADE_FOLDERS:
        return False
    if path.name.startswith("."):
        return path.name in _DOTFILES
    return path.name not in _MADE and path.suffix not in _MADE_SUFFIXES
