"""The machine and the software behind a figure."""

import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from fakelens.edge_runtime.machine.device import read_pi_model
from fakelens.edge_runtime.modelfile.threads import count_cores

_ROOT = Path("/")
# How /proc/cpuinfo names a processor: by words on x86, by numbers on Arm.
_CPU_KEYS = ("model name", "CPU implementer", "CPU part")


@dataclass(frozen=True, kw_only=True)
class Host:
    """Facts that do not change while measuring; an empty text is unknown."""

    cpu: str
    machine: str  # x86_64, aarch64
    cores: int  # that this process may use
    memory_bytes: int  # 0 is unknown
    board: str  # Raspberry Pi 5 Model B Rev 1.0
    governor: str  # who sets the processor's frequency: performance, ondemand, ...
    system: str
    python: str
    fakelens: str
    litert: str
    numpy: str
    pillow: str

    @property
    def identity(self) -> str:
        """What must be the same for times to be comparable, in words."""
        board = f"{self.board}, " if self.board else ""
        return f"{board}{self.cpu or self.machine}, {self.cores} cores"


def describe_host(root: Path = _ROOT) -> Host:
    """Return the facts of this machine, its kernel's files read below `root`."""
    return Host(
        cpu=_name_cpu(root) or platform.processor(),
        machine=platform.machine(),
        cores=count_cores(),
        memory_bytes=_count_memory(root),
        board=read_pi_model(root) or "",
        governor=_read(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        system=platform.platform(),
        python=platform.python_version(),
        fakelens=version("fakelens"),
        litert=version("ai-edge-litert"),
        numpy=version("numpy"),
        pillow=version("pillow"),
    )


def _name_cpu(root: Path) -> str:
    found: dict[str, str] = {}
    for line in _read(root / "proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        found.setdefault(key.strip(), value.strip())
    return " ".join(found[key] for key in _CPU_KEYS if key in found)


def _count_memory(root: Path) -> int:
    for line in _read(root / "proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
