"""The photo data, laid out from clones of public repositories.

Run as `python -m fakelens.train.data.photo_sources CLONES OUT [SOURCE...]`. CLONES holds a clone of each
repository that `--list` names, called NAME or OWNER+NAME: a work tree, a bare repository, or either in a
folder `repo`. The pictures lie in OUT/photos/<source>/{train,test}/{real,fake}/<digest>.<suffix>: the files'
own bytes, exact duplicates once, a fixed fifth by digest as test; beside the collages among the fakes to
train on lie their parts (`collages`). The command may be repeated: what is there stays. `photo_sources.toml`
says what is taken; it needs git and the base install.
"""

import hashlib
import os
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import IO, Annotated

import dacite
import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.labelled import DIGEST_LENGTH, Split
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.escape import escape_line
from fakelens.edge_runtime.files import write_atomic
from fakelens.train.data.collages import cut_collages
from fakelens.train.data.leave_out import Grid, read_collages

_HERE = Path(str(files("fakelens.train.data")))
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_TEST_DIGITS = "012"  # of 16 first digits of a digest: about a fifth
_EVERYTHING = "."
_COLLAGES = "left_out"  # the list that names them


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The pictures of one class in a repository, as `photo_sources.toml` explains the fields."""

    folders: tuple[str, ...] = ()
    take: str = ""
    leave: str | None = None
    list: str | None = None

    def read_list(self) -> frozenset[str]:
        """Return the paths of the list; none without one."""
        if self.list is None:
            return frozenset()
        return frozenset((_HERE / self.list).read_text(encoding="utf-8").splitlines())

    def fits(self, path: str) -> bool:
        """Return whether a path is to be taken; a list is looked up elsewhere."""
        inside = not self.folders or any(
            folder == _EVERYTHING or path.startswith(f"{folder}/") for folder in self.folders
        )
        left_out = self.leave is not None and re.search(self.leave, path) is not None
        return inside and re.search(self.take, path) is not None and not left_out


@dataclass(frozen=True, kw_only=True)
class PhotoSource:
    """A source: its repository on GitHub, the commit that was checked, its pictures of either class."""

    repository: str
    commit: str
    real: Choice | None = None
    fake: Choice | None = None


@dataclass(frozen=True, kw_only=True)
class LayoutResult:
    """What one source came to; `problems` say what is missing."""

    pictures: Counter[tuple[Label, Split]] = field(default_factory=Counter)
    parts: int = 0  # of collages
    note: str = ""  # of a repository that has changed
    problems: tuple[str, ...] = ()


def read_sources() -> dict[str, PhotoSource]:
    """Return the sources by their names."""
    tree = tomllib.loads((_HERE / "photo_sources.toml").read_text(encoding="utf-8"))
    config = dacite.Config(cast=[tuple], strict=True)
    return {name: dacite.from_dict(PhotoSource, table, config) for name, table in tree.items()}


def lay_out_source(
    name: str, source: PhotoSource, clones: Path, out: Path, collages: Mapping[str, Grid]
) -> LayoutResult:
    """Write the pictures of one source into `out`/photos/`name`, and the parts of those that are `collages`.

    The result counts what is missing.
    """
    git_dir = _find_git_dir(clones, source.repository)
    if git_dir is None:
        short = source.repository.split("/")[1]
        return LayoutResult(
            problems=(f"no clone of github.com/{source.repository}; if it has moved, call its clone {short}",)
        )
    try:
        commit, note = _choose_commit(git_dir, source.commit)
        listing = _list_pictures(git_dir, commit)
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode("utf8", "replace").partition("\n")[0]
        return LayoutResult(problems=(f"{git_dir}: git cannot read it ({reason})",))
    pictures: Counter[tuple[Label, Split]] = Counter()
    problems: list[str] = []
    folder = out / "photos" / name
    for label, choice in ((Label.REAL, source.real), (Label.FAKE, source.fake)):
        if choice is not None:
            counts, found = _lay_out_class(git_dir, _choose(listing, choice), folder, label)
            pictures.update(counts)
            problems += [f"{label}: {problem}" for problem in (*found, *_miss(listing, choice))]
    parts = cut_collages(folder / Split.TRAIN / Label.FAKE, collages)
    return LayoutResult(pictures=pictures, parts=parts, note=note, problems=tuple(problems))


def _find_git_dir(clones: Path, repository: str) -> Path | None:
    owner, name = repository.split("/")
    for folder in (clones / f"{owner}+{name}", clones / name):
        for git_dir in (folder / "repo" / ".git", folder / "repo", folder / ".git", folder):
            if (git_dir / "HEAD").is_file():
                return git_dir
    return None


def _choose_commit(git_dir: Path, checked: str) -> tuple[str, str]:
    """Return the commit to read, the checked one where the clone has it, and a note where it has not."""
    try:
        _run_git(git_dir, "cat-file", "-e", f"{checked}^{{commit}}")
    except subprocess.CalledProcessError:
        head = _run_git(git_dir, "rev-parse", "HEAD").decode().strip()
        return head, f"changed since it was checked: read at {head[: len(checked)]}, checked at {checked}"
    return checked, ""


def _list_pictures(git_dir: Path, commit: str) -> dict[str, str]:
    """Return the object of every picture at `commit`, by its path."""
    found = {}
    for entry in filter(None, _run_git(git_dir, "ls-tree", "-r", "-z", commit).split(b"\0")):
        meta, raw_path = entry.split(b"\t", 1)
        path = raw_path.decode("utf8", "replace")
        if path.lower().endswith(_SUFFIXES):
            found[path] = meta.split()[2].decode()
    return found


def _choose(listing: dict[str, str], choice: Choice) -> dict[str, str]:
    listed = choice.read_list()
    return {
        path: each
        for path, each in listing.items()
        if (path in listed if choice.list is not None else choice.fits(path))
    }


def _miss(listing: dict[str, str], choice: Choice) -> Iterator[str]:
    """Say what of a list the repository no longer holds."""
    gone = sorted(choice.read_list() - set(listing))
    if gone:
        yield f"{len(gone)} pictures of {choice.list} are not there any more, the first is {gone[0]}"


def _lay_out_class(
    git_dir: Path, chosen: dict[str, str], folder: Path, label: Label
) -> tuple[Counter[tuple[Label, Split]], list[str]]:
    """Write the `chosen` pictures; return how many different ones there are, and what is missing."""
    seen: dict[str, Split] = {}
    absent = 0
    for path, data in _read_objects(git_dir, chosen):
        if data is None:
            absent += 1
            continue
        digest = hashlib.sha256(data).hexdigest()[:DIGEST_LENGTH]
        split = Split.TEST if digest[0] in _TEST_DIGITS else Split.TRAIN
        target = folder / split / label / f"{digest}{PurePosixPath(path).suffix.lower()}"
        if digest not in seen and not target.exists():
            write_atomic(target, data)
        seen[digest] = split
    problems = [] if chosen else ["there is no such picture any more"]
    if absent:
        problems.append(f"{absent} missing in a partial clone: clone without --filter")
    return Counter((label, split) for split in seen.values()), problems


def _read_objects(git_dir: Path, chosen: dict[str, str]) -> Iterator[tuple[str, bytes | None]]:
    """Yield the path and the bytes of each picture, None where the clone lacks it."""
    command = ["git", f"--git-dir={git_dir}", "cat-file", "--batch"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
    ) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        for path, name in chosen.items():
            reader.stdin.write(f"{name}\n".encode())
            reader.stdin.flush()
            yield path, _read_answer(reader.stdout)


def _read_answer(stream: IO[bytes]) -> bytes | None:
    header = stream.readline().split()
    if len(header) != 3:  # NAME missing, or nothing where git gave up
        return None
    data = stream.read(int(header[2]))
    stream.read(1)  # the line feed after it
    return data


def _run_git(git_dir: Path, *arguments: str) -> bytes:
    command = ["git", f"--git-dir={git_dir}", *arguments]
    return subprocess.run(command, capture_output=True, check=True, env=_environment()).stdout


def _environment() -> dict[str, str]:
    """Keep git from downloading, one by one, what a partial clone lacks."""
    return os.environ | {"GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}


def describe_result(name: str, result: LayoutResult) -> str:
    """Return the line of a source: how many pictures of each class and split it has."""
    counts = ", ".join(
        f"{result.pictures[label, Split.TRAIN]:,} + {result.pictures[label, Split.TEST]:,} {label.lower()}"
        for label in (Label.REAL, Label.FAKE)
        if any(each == label for each, _ in result.pictures)
    )
    counts += f", {result.parts:,} parts of collages" if result.parts else ""
    return escape_line(f"{name}: {counts or 'nothing'}" + (f" ({result.note})" if result.note else ""))


def photo_sources(
    clones: Annotated[Path | None, typer.Argument(help="Folder with the clones.")] = None,
    out: Annotated[Path | None, typer.Argument(help="Folder that gets photos/.")] = None,
    only: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help="All by default.")] = None,
    list_only: Annotated[
        bool, typer.Option("--list", help="Print the repositories and the commits that were checked.")
    ] = False,
) -> None:
    """Lay out photos and fakes for training from clones of public repositories: train + test of each class.

    Exit codes: 0 done, 2 a repository, or a picture in one, is missing.
    """
    sources = read_sources()
    if list_only:
        for line in dict.fromkeys(f"{each.repository} {each.commit}" for each in sources.values()):
            typer.echo(line)
        return
    if clones is None or out is None:
        raise UsageError("CLONES and OUT are missing; --list prints the repositories to clone")
    if not clones.is_dir():
        raise UsageError(f"{clones}: no such folder; clone what --list prints into it")
    unknown = [name for name in only or () if name not in sources]
    if unknown:
        raise UsageError(f"{unknown[0]}: no such source; there are {', '.join(sources)}")
    if not _lay_out({name: sources[name] for name in only or sources}, clones, out):
        raise typer.Exit(2)


def _lay_out(sources: dict[str, PhotoSource], clones: Path, out: Path) -> bool:
    """Lay out `sources`, say what each came to and what all came to; whether nothing is missing."""
    collages = read_collages(_COLLAGES)
    total, changed, incomplete = 0, 0, 0
    for name, source in sources.items():
        try:
            result = lay_out_source(name, source, clones, out, collages)
        except FileNotFoundError as error:
            raise UsageError(f"{error.filename}: not found; is git installed?") from error
        typer.echo(describe_result(name, result))
        for problem in result.problems:
            typer.echo(escape_line(f"{name}: {problem}"), err=True)
        total += result.pictures.total()
        changed += bool(result.note)
        incomplete += bool(result.problems)
    typer.echo(
        f"{total:,} pictures of {len(sources)} sources; {incomplete} incomplete or gone, {changed} changed",
        err=True,
    )
    return not incomplete


if __name__ == "__main__":
    run_command(photo_sources)
