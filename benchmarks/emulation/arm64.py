"""An arm64 Python with LiteRT that runs on this machine under emulation, made on demand.

From Debian's packages (qemu-user 10 and an arm64 Python, unpacked, nothing is installed) and aarch64 wheels.
Needs apt, dpkg and pip; kept under fakelens' cache folder, about 500 MB.
"""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from fakelens.edge_runtime.errors import MissingExtraError
from fakelens.edge_runtime.files import cache_folder, write_atomic

_log = logging.getLogger(__name__)
_SUITE = "trixie"  # bookworm's qemu 7.2 crashes on LiteRT
_PYTHON = "3.13"  # trixie's
_SOURCES = f"""Types: deb
URIs: http://deb.debian.org/debian
Suites: {_SUITE}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""
_PACKAGES = (f"python{_PYTHON}", "libstdc++6", "zlib1g")
_LEAVE = ("debconf", "tzdata")  # dependencies that Python alone does not need
# The same releases as here, so that only the architecture differs.
_SAME = ("ai-edge-litert", "numpy", "pillow", "dacite")
_PLATFORMS = tuple(
    f"{tag}_aarch64" for tag in ("manylinux2014", "manylinux_2_17", "manylinux_2_27", "manylinux_2_28")
)
_OURS = ("edge_runtime", "benchmarks")


@dataclass(frozen=True, kw_only=True)
class Emulated:
    """An emulator and a Python for it."""

    qemu: Path
    root: Path  # of the arm64 system
    packages: Path  # for PYTHONPATH

    def command(self, cpu: str, *options: str) -> list[str]:
        """Return the command line that runs Python on an emulated `cpu`; `options` are qemu's."""
        python = self.root / "usr" / "bin" / f"python{_PYTHON}"
        return [str(self.qemu), "-cpu", cpu, "-L", str(self.root), *options, str(python)]

    @property
    def environment(self) -> dict[str, str]:
        """The environment to run it in: ours without what belongs to our Python."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return kept | {"PYTHONPATH": str(self.packages), "PYTHONDONTWRITEBYTECODE": "1"}


def make_emulated() -> Emulated:
    """Return the emulated Python; minutes at first use. `MissingExtraError` where a tool or package fails."""
    pinned = " ".join(f"{name}=={version(name)}" for name in _SAME)
    folder = cache_folder() / "arm64"
    found = Emulated(
        qemu=folder / "qemu" / "usr" / "bin" / "qemu-aarch64",
        root=folder / "root",
        packages=folder / "packages",
    )
    ready = folder / "ready"
    if not (ready.exists() and ready.read_text() == pinned):
        for tool in ("apt-get", "dpkg-deb"):
            if shutil.which(tool) is None:
                raise MissingExtraError(f"emulation needs {tool}, of Debian or Ubuntu, which is not here")
        shutil.rmtree(folder, ignore_errors=True)
        _log.info("fetching qemu-user and an arm64 Python from Debian %s", _SUITE)
        _unpack(folder, "qemu", _machine_architecture(), ("qemu-user",))
        _unpack(folder, "root", "arm64", _PACKAGES)
        for name in ("bin", "lib"):  # links that Debian's base-files would bring
            (found.root / name).symlink_to(f"usr/{name}")
        _log.info("fetching aarch64 wheels: %s", pinned)
        _install_wheels(found.packages, pinned.split())
        write_atomic(ready, pinned)
    _link_packages(found.packages)
    return found


def _unpack(folder: Path, name: str, architecture: str, packages: Sequence[str]) -> None:
    """Fetch `packages` of `architecture` with what they depend on, and unpack them into `folder`/`name`."""
    state = folder / f"apt-{architecture}-{name}"
    for part in ("lists/partial", "cache/archives/partial", "sources"):
        (state / part).mkdir(parents=True)
    (state / "sources" / "debian.sources").write_text(_SOURCES)
    (state / "status").touch()  # nothing is installed: all dependencies come
    settings = {
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "APT::Install-Recommends": "0",
        "APT::Sandbox::User": "",
        "Debug::NoLocking": "1",
        "Dir::Cache": state / "cache",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": state / "sources",
        "Dir::State::lists": state / "lists",
        "Dir::State::status": state / "status",
    }
    options = [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]
    _run(["apt-get", *options, "update"])
    _run(["apt-get", *options, "--download-only", "--yes", "install", *packages])
    for archive in sorted((state / "cache" / "archives").glob("*.deb")):
        if not archive.name.startswith(_LEAVE):
            _run(["dpkg-deb", "--extract", archive, folder / name])
    shutil.rmtree(state)


def _install_wheels(target: Path, requirements: Sequence[str]) -> None:
    platforms = [part for tag in _PLATFORMS for part in ("--platform", tag)]
    python = ["--python-version", _PYTHON, "--implementation", "cp", "--only-binary=:all:"]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*command, "--target", target, *platforms, *python, *requirements])


def _link_packages(packages: Path) -> None:
    """Let the emulated Python see this very fakelens, which is plain Python."""
    folder = packages / "fakelens"
    folder.mkdir(exist_ok=True)
    for package in _OURS:
        link = folder / package
        link.unlink(missing_ok=True)
        link.symlink_to(Path(__file__).parents[2] / package)


def _machine_architecture() -> str:
    return _run(["dpkg", "--print-architecture"]).strip()


def _run(command: Sequence[str | Path]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise MissingExtraError(f"{Path(command[0]).name} failed: {reason}")
    return done.stdout
