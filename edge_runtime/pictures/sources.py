"""Input pictures: files, folders and glob patterns, and a count of what is left out."""

import logging
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.escape import quote, to_text
from fakelens.edge_runtime.files import is_folder
from fakelens.edge_runtime.pictures.formats import Kind, name_remedy
from fakelens.edge_runtime.pictures.walk import explain_entry, tell_kind, walk

_URL = r"[a-zA-Z][a-zA-Z0-9+.-]*://"
_STORES = ("s3", "gs", "gcs", "az", "abfs")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """What folders hold beside the files that are checked."""

    needs: Mapping[Kind, int] = field(default_factory=dict)  # pictures and videos that want a package
    videos: int = 0  # where pictures alone are looked for
    others: int = 0  # no images
    runs: int = 0  # run directories, whose pictures are copies of those that were trained on
    unreadable: tuple[str, ...] = ()  # one line each: folders, files, links to nothing

    def __str__(self) -> str:
        """Return one line with the counts and the remedies, empty where nothing is left out."""
        parts = [f"{count} {kind} skipped: {name_remedy(kind)}" for kind, count in sorted(self.needs.items())]
        if self.videos:
            parts.append("1 video" if self.videos == 1 else f"{self.videos} videos")
        if self.others:
            parts.append("1 not an image" if self.others == 1 else f"{self.others} not images")
        if self.runs:
            parts.append(describe_runs(self.runs))
        if self.unreadable:
            parts.append(f"{len(self.unreadable)} cannot be read")
        return "; ".join(parts)

    @property
    def total(self) -> int:
        """How many files and folders are left out."""
        return sum(self.needs.values()) + self.videos + self.others + self.runs + len(self.unreadable)

    def to_row(self) -> dict[str, object]:
        """Return the counts and lines of a check, which looks at videos too, for JSON."""
        return {
            "needs": {str(kind): count for kind, count in self.needs.items()},
            "not_images": self.others,
            "run_directories": self.runs,
            "unreadable": [to_text(line) for line in self.unreadable],
        }

    @property
    def is_failure(self) -> bool:
        """Whether something got no answer that could have one."""
        return bool(self.needs or self.unreadable)


_NOTHING = LeftOut()


@dataclass(frozen=True, kw_only=True)
class Found:
    """What names stand for: the files, each once, in order."""

    paths: list[Path]
    left_out: LeftOut = _NOTHING
    nothing: str | None = None  # why the only path is none that could be checked
    addresses: Mapping[Path, str] = field(default_factory=dict)  # paths that are none, as they were given


def find_inputs(names: Iterable[str], *, decoded: bool = True, others: bool = False) -> Found:
    """Return the files that `names` stand for; also what no package here decodes, unless to be `decoded`.

    A folder stands for the images and videos below it, by content, sorted; a pattern for the files and
    folders that it matches; a file for itself, whatever it is. What does not exist, or holds nothing to
    check, is kept under its name: checking it tells why. Raises `UsageError` for an empty name, and where all
    `names` are addresses, or folders and patterns without anything to check, unless there are `others`.
    """
    found: dict[Path, None] = {}
    left_out = _NOTHING
    nothing: dict[Path, str] = {}
    addresses: dict[Path, str] = {}
    for name in names:
        for part in _expand(name, decoded=decoded):
            found.update(dict.fromkeys(part.paths))
            addresses.update(part.addresses)
            if part.nothing is not None:
                nothing[part.paths[0]] = part.nothing
            if part.left_out is not _NOTHING:
                left_out = _add(left_out, part.left_out)
    if nothing and not others and len(nothing) == len(found):
        raise UsageError("; ".join(nothing.values()))
    return Found(paths=list(found), left_out=left_out, addresses=addresses)


def explain_address(name: str) -> str:
    """Return the line on an address, which nothing is fetched from."""
    quoted = quote(name)
    by_hand = f"curl -L {quoted} | fakelens check -"
    if name.partition("://")[0].lower() in _STORES:  # which curl does not know
        by_hand = f"echo {quoted} | fakelens scan - -o -"
    return f"{name}: nothing is fetched from the net; do it by hand: {by_hand}"


def walk_images(folder: Path) -> Iterator[Path]:
    """Yield the image files below `folder`, sorted; hidden ones are left out, what else is is logged once."""
    found = scan_folder(folder)
    level = logging.WARNING if found.left_out.is_failure else logging.INFO
    if found.left_out.total and _log.isEnabledFor(level):
        for line in (*found.left_out.unreadable, f"{folder}: {found.left_out}"):
            log_once(level, line)
    yield from found.paths


def list_folders(folder: Path) -> list[Path]:
    """Return the folders directly in `folder`, sorted, but run directories, whose number is logged once."""
    below = sorted(path for path in folder.iterdir() if path.is_dir())
    runs = {path for path in below if run_layout.is_run(path)}
    if runs:
        log_once(logging.INFO, f"{folder}: {describe_runs(len(runs))}")
    return [path for path in below if path not in runs]


def describe_runs(count: int) -> str:
    """Return what to say of `count` run directories that are left out."""
    return f"{run_layout.count_runs(count)} skipped"


@lru_cache(maxsize=1000)
def log_once(level: int, line: str) -> None:
    """Log `line`, unless it was: a training walks through its folders several times."""
    _log.log(level, "%s", line)


def scan_folder(folder: Path, *, videos: bool = False, decoded: bool = True) -> Found:
    """Return the images below `folder`, `videos` too, sorted, and what is left out; hidden ones never count.

    Linked folders are followed, each folder once. What no package here decodes is left out where pictures
    are to be `decoded`, and run directories below `folder`: their pictures would be trained on, or tested
    with, a second time.
    """
    images: list[Path] = []
    kinds: Counter[Kind] = Counter()
    unreadable: list[str] = []
    runs: list[Path] = []
    others = unwanted = 0
    for current, entry, is_plain in walk(folder, unreadable.append, runs.append, ordered=True):
        path = current / entry.name
        try:
            kind = tell_kind(entry, is_plain=is_plain)
        except OSError as error:
            unreadable.append(explain_entry(path, error))
            continue
        if kind in (Kind.OTHER, Kind.EMPTY):
            others += 1
        elif kind is Kind.VIDEO and not videos:
            unwanted += 1
        elif decoded and name_remedy(kind):
            kinds[kind] += 1
        else:
            images.append(path)
    left_out = LeftOut(
        needs=dict(kinds),
        videos=unwanted,
        others=others,
        runs=len(runs),
        unreadable=tuple(sorted(unreadable)),
    )
    images.sort(key=lambda path: path.parts)  # the order of paths, which compare slowly themselves
    return Found(paths=images, left_out=left_out)


def describe_nothing(left_out: LeftOut, what: str = "no images in this folder") -> str:
    """Return `what` is said of a folder in which there is nothing to check, with what is `left_out` of it."""
    reason = f"; {left_out}" if str(left_out) else ""
    lines = "".join(f"; {line}" for line in left_out.unreadable[:3])
    return f"{what}{reason}{lines}"


def _expand(name: str, *, decoded: bool) -> Iterator[Found]:
    """Yield what `name` stands for; a pattern is what a shell would make of it."""
    if not name:
        raise UsageError("an empty path was given; `.` stands for the folder you are in")
    path = Path(name)
    if "://" in name and re.match(_URL, name) and not os.path.lexists(path):
        yield Found(paths=[path], nothing=explain_address(name), addresses={path: name})
        return
    if os.path.lexists(path):
        yield _find(path, name, decoded=decoded)
        return
    import glob  # only names that are no file may be patterns

    if not glob.has_magic(name):
        yield Found(paths=[path])
        return
    # The shell's rules: Path.glob would take hidden files too, and refuse `**.jpg`.
    matches = [Path(match) for match in sorted(glob.glob(name, recursive=True))]  # noqa: PTH207
    if not matches:
        yield Found(paths=[path], nothing=f"{name}: the pattern matches no file")
    folders = {match for match in matches if is_folder(match)}
    for match in matches:
        if folders.isdisjoint(match.parents):  # the rest stands below a folder that is looked through
            yield _find(match, str(match), decoded=decoded)


def _find(path: Path, name: str, *, decoded: bool) -> Found:
    """Return the files that an existing `path` stands for, by the `name` that was given."""
    if not is_folder(path):
        return Found(paths=[path])
    found = scan_folder(path, videos=True, decoded=decoded)
    if found.paths:
        return found
    nothing = f"{name}: {describe_nothing(found.left_out)}"
    return Found(paths=[path], left_out=found.left_out, nothing=nothing)


def _add(one: LeftOut, other: LeftOut) -> LeftOut:
    return LeftOut(
        needs=dict(Counter(one.needs) + Counter(other.needs)),
        videos=one.videos + other.videos,
        others=one.others + other.others,
        runs=one.runs + other.runs,
        unreadable=tuple(dict.fromkeys((*one.unreadable, *other.unreadable))),
    )
