"""Other people's test pictures, a file at a time: each must end in an answer or a line, as damaged ones do.

`python -m tests.fuzz.collections FOLDER...` looks at every file below each folder, whatever it is, as
`fakelens check FILE` does, and prints a table; `--page PAGE` writes it into a page, `--state FILE` goes on
where it was stopped, as long as the code is the same.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Set
from dataclasses import asdict, dataclass
from pathlib import Path

from fakelens.edge_runtime.detection.detector import Detector
from tests.fuzz.damaged import (
    LOOPS_S,
    MOST_MB,
    MOST_S,
    ROOT,
    WAITS_S,
    demand_one_line,
    end_after,
    read_peak_mb,
)
from tests.fuzz.page import write_into
from tests.fuzz.progress import digest_code

_BEGIN = "<!-- made by python -m tests.fuzz.collections -->"
_CLEAR = Path("/proc/self/clear_refs")  # 5 sets the peak to what is held now
_AT_ONCE = 500  # files of one process


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What one file came to."""

    folder: str
    path: str  # below it
    answered: bool = False
    failure: str = ""  # one line
    taken_s: float = 0.0  # of a processor
    peak_mb: int = 0  # of the process, the model included


def try_folder(folder: Path, known: Set[str] = frozenset()) -> Iterator[Tried]:
    """Yield what each file below `folder` comes to, but for those whose paths are `known`."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    left = [path for path in paths if path.relative_to(folder).as_posix() not in known]
    while left:
        done = 0
        for tried in _try_some(folder, left[:_AT_ONCE]):
            yield tried
            done += 1
        left = left[done:]


def render(found: list[Tried]) -> str:
    """Return a table in Markdown, a row for each folder."""
    columns = ("files of", "files", "answered", "one line", "failures", "slowest", "peak memory")
    rows = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for name in dict.fromkeys(tried.folder for tried in found):
        here = [tried for tried in found if tried.folder == name]
        answered, failed = sum(tried.answered for tried in here), sum(bool(tried.failure) for tried in here)
        rows.append(
            f"| {name} | {len(here):,} | {answered:,} | {len(here) - answered - failed:,} | {failed} | "
            f"{max(tried.taken_s for tried in here):.1f} s | {max(tried.peak_mb for tried in here)} MB |"
        )
    return "\n".join(rows) + "\n"


def main(arguments: list[str]) -> int:
    """Try all files, print the table, and end with 1 where one failed."""
    parser = argparse.ArgumentParser(prog="collections")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--state", type=Path)
    options = parser.parse_args(arguments)
    found = [] if options.state is None else _load(options.state)
    for folder in options.folders:
        known = {tried.path for tried in found if tried.folder == folder.name}
        for tried in try_folder(folder, known):
            found.append(tried)
            if options.state is not None:
                with options.state.open("a") as state:
                    state.write(json.dumps(asdict(tried)) + "\n")
    table = render(found)
    if options.page is not None:
        write_into(options.page, _BEGIN, table)
    print(table)
    failures = [tried for tried in found if tried.failure]
    for tried in failures[:20]:
        print(f"{tried.folder}/{tried.path}: {tried.failure}", file=sys.stderr)
    return int(bool(failures))


def _load(state: Path) -> list[Tried]:
    """Return what `state` holds of this very code; else begin it."""
    code = json.dumps({"code": digest_code()})
    lines = state.read_text().splitlines() if state.exists() else []
    if lines[:1] != [code]:
        state.parent.mkdir(parents=True, exist_ok=True)
        state.write_text(code + "\n")
        return []
    return [Tried(**json.loads(line)) for line in lines[1:]]


def _try_some(folder: Path, paths: list[Path]) -> Iterator[Tried]:
    """Yield what `paths` come to in a process of its own, up to the one that ends it."""
    command = [sys.executable, "-m", "tests.fuzz.collections", "--work", str(folder)]
    names = [path.relative_to(folder).as_posix() for path in paths]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        process.stdin.write(json.dumps(names))
        process.stdin.close()
        done = 0
        for line in process.stdout:
            yield Tried(**json.loads(line))
            done += 1
    if done < len(names):
        yield Tried(folder=folder.name, path=names[done], failure=f"ended with {process.returncode}")


def _work(folder: Path) -> None:
    """Try the files whose names are on standard input, and print what each comes to."""
    names = json.load(sys.stdin)
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w")  # what libraries print goes elsewhere
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    detector = Detector()
    for name in names:
        end_after(LOOPS_S, WAITS_S)
        out.write(json.dumps(asdict(_try_one(detector, folder, name))) + "\n")
        out.flush()


def _try_one(detector: Detector, folder: Path, name: str) -> Tried:
    if os.access(_CLEAR, os.W_OK):
        _CLEAR.write_text("5")
    start, failure, answered = time.process_time(), "", False
    try:
        result = detector.check_file(folder / name, str(folder / name))
        answered = result.verdict is not None
        if not answered:
            demand_one_line(result.error or "")
    except Exception as error:  # noqa: BLE001 (that is what is looked for)
        failure = f"{type(error).__name__}: {error}"
    taken_s, peak_mb = time.process_time() - start, read_peak_mb()
    if not failure and taken_s > MOST_S:
        failure = f"took {taken_s:.1f} s"
    if not failure and peak_mb > MOST_MB:
        failure = f"took {peak_mb} MB"
    return Tried(
        folder=folder.name,
        path=name,
        answered=answered and not failure,
        failure=failure,
        taken_s=taken_s,
        peak_mb=peak_mb,
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        _work(Path(sys.argv[2]))
    else:
        sys.exit(main(sys.argv[1:]))
