"""A virtual environment for each peer, made on demand under fakelens' cache folder and kept there."""

import hashlib
import json
import logging
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fakelens.edge_runtime.errors import MissingExtraError
from fakelens.edge_runtime.files import cache_folder, write_atomic

_log = logging.getLogger(__name__)
_ROOT = Path(__file__).parents[2]  # of the checkout
_SOURCES = ("pyproject.toml", "README.md", "LICENSE", "edge_runtime", "benchmarks", "convert", "train")
_NOT_OF_THE_PEER = ("pip", "setuptools", "_distutils_hack", "pkg_resources", "wheel", "distutils-precedence")
FAKELENS = "fakelens"  # this tree, as a wheel of the base install


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A virtual environment that is ready."""

    python: Path
    size_bytes: int  # of its packages, without pip and setuptools
    packages: dict[str, str]  # name to version


@cache
def make_environment(requirements: tuple[str, ...]) -> Environment:
    """Return the environment with `requirements`, installed from PyPI at first use; takes minutes then.

    `MissingExtraError` where pip cannot install them.
    """
    key = hashlib.sha256(f"{sys.version_info[:2]} {' '.join(requirements)}".encode()).hexdigest()[:8]
    name = requirements[0].split("=")[0].split(">")[0]
    folder = cache_folder() / "peers" / f"{name}-{key}"
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if not ready.exists():
        _log.info("making the environment of %s", ", ".join(requirements))
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        others = [one for one in requirements if one != FAKELENS]
        if others:
            _run_pip(python, ["install", *others])
        write_atomic(ready, "")
    if FAKELENS in requirements:  # the tree may have changed
        _install_this_tree(python)
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"],
        check=True,
        capture_output=True,
    )
    return Environment(
        python=python,
        size_bytes=_count_bytes(folder),
        packages={row["name"]: row["version"] for row in json.loads(listed.stdout)},
    )


def _install_this_tree(python: Path) -> None:
    """Build from a copy of the sources: in the tree itself, files deleted since would come along."""
    with tempfile.TemporaryDirectory() as folder:
        for name in _SOURCES:
            source, target = _ROOT / name, Path(folder) / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        wheels = Path(folder) / "wheels"
        _run_pip(python, ["wheel", "--no-deps", "--wheel-dir", str(wheels), folder])
        (wheel,) = wheels.glob("*.whl")
        _run_pip(python, ["install", str(wheel)])  # with what it depends on
        _run_pip(python, ["install", "--force-reinstall", "--no-deps", str(wheel)])  # the version is the same


def _run_pip(python: Path, arguments: Sequence[str]) -> None:
    verb, *rest = arguments
    command = [str(python), "-m", "pip", verb, "--quiet", "--disable-pip-version-check", *rest]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise MissingExtraError(f"pip {' '.join(arguments)} failed: {reason}")


def _count_bytes(folder: Path) -> int:
    """Return the size of all packages in the environment; a file on disk counts with its bytes."""
    total = 0
    for site in folder.glob("lib*/python*/site-packages"):
        if site.parent.parent.is_symlink():  # lib64
            continue
        for package in site.iterdir():
            if package.name.startswith(_NOT_OF_THE_PEER):
                continue
            files = package.rglob("*") if package.is_dir() else [package]
            total += sum(file.stat().st_size for file in files if file.is_file() and not file.is_symlink())
    return total
