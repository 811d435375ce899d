"""The state of this machine while it is timed: load, frequency, heat, throttling."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fakelens.edge_runtime.machine.device import Throttling, read_temperature_c, read_throttling

_ROOT = Path("/")
_LOOK_S = 0.2  # how long other programs are watched
_MOST_BUSY = 0.3  # cores that other programs may keep busy
_MOST_DRIFT = 0.1  # of the frequency, between rounds
_HOT_C = 80.0  # a Raspberry Pi slows down from here on
_COLUMNS = 8  # of /proc/stat, from user to steal; guests, which follow, are counted as user already
_IDLE = slice(3, 5)  # of them: idle, waiting for disks


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """The state of the machine at one moment; None is unknown here."""

    busy_cores: float | None  # kept busy by other programs, or taken by the hypervisor
    load: float | None  # processes that ran or waited, mean of the last minute
    temperature_c: float | None
    throttling: Throttling | None


def observe(root: Path = _ROOT) -> Conditions:
    """Watch the machine for a fifth of a second, in which this process does nothing."""
    before = _count_ticks(root)
    time.sleep(_LOOK_S)
    after = _count_ticks(root)
    return Conditions(
        busy_cores=_share_busy(before, after),
        load=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        temperature_c=read_temperature_c(root),
        throttling=read_throttling(root),
    )


def read_frequency_mhz(root: Path = _ROOT) -> float | None:
    """Return the frequency of the fastest core right now; None where the kernel does not tell."""
    folder = root / "sys/devices/system/cpu"
    khz = [_read_text(path) for path in folder.glob("cpu[0-9]*/cpufreq/scaling_cur_freq")]
    if any(khz):
        return max(int(text) for text in khz if text) / 1000
    lines = [line for line in _read_text(root / "proc/cpuinfo").splitlines() if line.startswith("cpu MHz")]
    return max((float(line.partition(":")[2]) for line in lines), default=None)


def find_faults(seen: Sequence[Conditions], frequencies_mhz: Sequence[float | None]) -> list[str]:
    """Return why times taken between the first and the last of `seen` mean little; empty where they do.

    `frequencies_mhz` were read under load, once a round.
    """
    faults = []
    busy = [state.busy_cores for state in seen if state.busy_cores is not None]
    if busy and sorted(busy)[len(busy) // 2] > _MOST_BUSY:
        faults.append(f"other programs kept {sorted(busy)[len(busy) // 2]:.1f} cores busy")
    known = [mhz for mhz in frequencies_mhz if mhz]
    if known and min(known) < (1 - _MOST_DRIFT) * max(known):
        faults.append(f"the frequency went between {min(known):.0f} and {max(known):.0f} MHz")
    hottest = max((state.temperature_c for state in seen if state.temperature_c is not None), default=0.0)
    if hottest >= _HOT_C:
        faults.append(f"the processor was at {hottest:.0f} °C")
    return faults + _find_throttling(seen)


def _find_throttling(seen: Sequence[Conditions]) -> list[str]:
    """Return what held the machine back at a look, or newly noted since boot at the last one."""
    known = [state.throttling for state in seen if state.throttling is not None]
    now = dict.fromkeys(reason for throttling in known for reason in throttling.now)
    if known:
        now |= dict.fromkeys(name for name in known[-1].since_boot if name not in known[0].since_boot)
    return [f"the firmware reported: {', '.join(now)}"] if now else []


def _count_ticks(root: Path) -> dict[str, list[int]]:
    """Return the counters of each core that this process may use."""
    ours = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    lines = (line.split() for line in _read_text(root / "proc/stat").splitlines())
    names = {f"cpu{number}" for number in ours}
    return {
        words[0]: [int(word) for word in words[1 : 1 + _COLUMNS]]
        for words in lines
        if words and words[0] in names
    }


def _share_busy(before: dict[str, list[int]], after: dict[str, list[int]]) -> float | None:
    if not before or before.keys() != after.keys():
        return None
    busy = 0.0
    for name, ticks in after.items():
        spent = [late - early for late, early in zip(ticks, before[name], strict=True)]
        busy += 1 - sum(spent[_IDLE]) / sum(spent) if sum(spent) > 0 else 0.0
    return busy


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
