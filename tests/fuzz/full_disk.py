"""A disk that is full: each command that writes says so in one line, and leaves nothing half behind.

The disk is a file system in memory, of a few kilobytes, which only the command's own process sees.
"""

import os
import random
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.fuzz.commands import COMMANDS, list_broken
from tests.fuzz.patience import LONGEST_S, run_group, run_twice

_PAGE_BYTES = 4096  # a file system in memory counts in these
_SCRIPT = """
mount -t tmpfs -o size=$1 tmpfs "$2" && cd "$2" && shift 2 || exit 99
if [ -z "$ENDLESS" ]; then
  "$@"
  code=$?
else  # until it has said so, a minute at most
  "$@" 2> "$LOG" &
  pid=$!
  for _ in $(seq 300); do
    grep -q "disk is full" "$LOG" && sleep 1 && break
    kill -0 $pid || break
    sleep 0.2
  done
  kill $pid
  wait $pid
  code=$?
  cat "$LOG" >&2
fi
cp -R . "$KEPT" || exit 98  # the disk is gone with its process
exit $code
"""


@dataclass(kw_only=True)
class FullDisk:
    """What a full disk did to one command."""

    name: str
    tries: int = 0
    told: int = 0  # ended with one line and a code that says so
    fitted: int = 0  # ended well: what it wrote was small enough
    failures: list[str] = field(default_factory=list)


@cache
def can_fill_disks() -> bool:
    """Whether this system lets us make such a disk."""
    if shutil.which("unshare") is None:
        return False
    command = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=4k tmpfs /mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def fill_disk(name: str, inputs: Path, scratch: Path, tries: int, first: int = 0) -> FullDisk:
    """Run the command `name` on disks of one page and, from number 1 on, of random sizes above."""
    found = FullDisk(name=name)
    for number in range(first, first + tries):
        sizes = random.Random(f"{name} {number}")
        pages = 1 if number == 0 else round(2 ** sizes.uniform(1, 7))
        folder = scratch / f"{name}-disk-{number}".replace(" ", "")
        folder.mkdir()
        found.tries += 1
        where = f"{name} on {pages * _PAGE_BYTES:,} bytes"
        done = run_twice(lambda: _run(name, inputs, folder, pages * _PAGE_BYTES))  # noqa: B023 (called here)
        if done is None:
            found.failures.append(f"{where}: says nothing within {LONGEST_S:g} s, twice")
            continue
        lines = done.stderr.splitlines()
        broken = list_broken(_name_kept(folder))
        said = [line for line in lines if "disk is full" in line or "o space left" in line]
        found.failures += [f"{where}: {line}" for line in broken]
        if "Traceback" in done.stderr:
            found.failures.append(f"{where}: a traceback: {lines[-1] if lines else ''}")
        elif said:
            found.told += 1
            if done.returncode in (0, 1) and not COMMANDS[name].endless:
                found.failures.append(f"{where}: ends with {done.returncode}")
        elif done.returncode in (0, 1):
            found.fitted += 1
        else:
            found.failures.append(f"{where}: ends with {done.returncode}: {lines[-1:]}")
    return found


def render_full_disks(found: list[FullDisk]) -> str:
    """Return a table in Markdown."""
    rows = ["| full disk under | disks | one line | large enough | failures |", "|---" * 5 + "|"]
    rows += [
        f"| `{disk.name}` | {disk.tries} | {disk.told} | {disk.fitted} | {len(disk.failures)} |"
        for disk in found
    ]
    return "\n".join(rows) + "\n"


def _run(name: str, inputs: Path, folder: Path, size_bytes: int) -> subprocess.CompletedProcess[str]:
    """Run the command; the disk is gone with its process, so that a second try finds an empty one."""
    command = COMMANDS[name].fill(inputs)
    kept = _name_kept(folder)
    shutil.rmtree(kept, ignore_errors=True)  # of a try that took too long
    kept.mkdir()
    variables = {"KEPT": str(kept), "LOG": f"{folder}.log"}
    variables["ENDLESS"] = "yes" if COMMANDS[name].endless else ""
    script = ["unshare", "-rm", "sh", "-c", _SCRIPT, "sh", str(size_bytes), str(folder), *command]
    return run_group(script, os.environ | variables, LONGEST_S)


def _name_kept(folder: Path) -> Path:
    """Return where what lies on the disk is copied to, to be looked at."""
    return folder.with_name(f"{folder.name}-kept")
