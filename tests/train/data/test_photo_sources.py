"""Laying out photo data: the right files in the right folders, and everything missing is counted."""

import csv
import hashlib
import io
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from fakelens.benchmarks.labelled import DIGEST_LENGTH, Split
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.train.data.leave_out import Grid
from fakelens.train.data.photo_sources import (
    Choice,
    PhotoSource,
    describe_result,
    lay_out_source,
    read_sources,
)
from tests.conftest import RunModule

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

ROOT = Path(__file__).parents[3]
PHOTOS = "FAKELENS_PHOTOS"
GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
HEX_DIGITS = 16
MODULE = "fakelens.train.data.photo_sources"


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run([*GIT, "-C", folder, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, files: dict[str, bytes]) -> str:
    """Write `files`, commit everything and return the commit."""
    if not (folder / ".git").exists():
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "-q")
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "files")
    return git(folder, "rev-parse", "HEAD")


def list_files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def place(data: bytes, label: str, suffix: str) -> str:
    digest = hashlib.sha256(data).hexdigest()[:DIGEST_LENGTH]
    return f"{'test' if digest[0] in '012' else 'train'}/{label}/{digest}{suffix}"


def make_png(colour: tuple[int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (600, 600), colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def clones(tmp_path: Path) -> Path:
    return tmp_path / "clones"


def test_pictures_go_by_class_and_digest_exact_copies_once(clones: Path, tmp_path: Path) -> None:
    files = {f"real/{number}.JPG": f"photo {number}".encode() for number in range(40)}
    files |= {"real/copy.jpg": b"photo 0", "real/notes.txt": b"no picture", "other/x.jpg": b"elsewhere"}
    files |= {"fake/a.png": b"fake a", "fake/chart.png": b"fake chart", "fake/deep/b.webp": b"fake b"}
    source = PhotoSource(
        repository="someone/pictures",
        commit=commit(clones / "pictures", files)[:12],
        real=Choice(folders=("real",)),
        fake=Choice(take="^fake/", leave="chart"),
    )
    result = lay_out_source("mine", source, clones, tmp_path / "out", {})
    expected = {place(f"photo {number}".encode(), "real", ".jpg") for number in range(40)}
    expected |= {place(b"fake a", "fake", ".png"), place(b"fake b", "fake", ".webp")}
    assert list_files(tmp_path / "out" / "photos" / "mine") == expected
    assert (result.note, result.problems) == ("", ())
    assert result.pictures.total() == 42
    assert result.pictures[Label.REAL, Split.TEST] == sum(path.startswith("test/real") for path in expected)
    assert 0 < result.pictures[Label.REAL, Split.TEST] < 20
    again = lay_out_source("mine", source, clones, tmp_path / "out", {})
    assert again == result


def test_the_parts_of_a_collage_lie_beside_it(clones: Path, tmp_path: Path) -> None:
    shades = (make_png((shade, 0, 0)) for shade in range(256))
    collage = next(data for data in shades if place(data, "fake", ".png").startswith("train"))
    source = PhotoSource(
        repository="someone/pictures",
        commit=commit(clones / "pictures", {"a.png": collage}),
        fake=Choice(take="png$"),
    )
    digest = hashlib.sha256(collage).hexdigest()[:DIGEST_LENGTH]
    result = lay_out_source("mine", source, clones, tmp_path, {digest: Grid(columns=2, rows=1)})
    assert list_files(tmp_path / "photos") == {
        f"mine/train/fake/{digest}{end}" for end in (".png", "-00.png", "-01.png")
    }
    assert describe_result("mine", result) == "mine: 1 + 0 fake, 2 parts of collages"


@pytest.mark.parametrize("folder", ["someone+pictures", "someone+pictures/repo", "pictures"])
@pytest.mark.parametrize("bare", [False, True])
def test_a_clone_may_lie_in_several_ways(clones: Path, tmp_path: Path, folder: str, bare: bool) -> None:
    made = commit(tmp_path / "origin", {"a.jpg": b"a"})
    clones.mkdir()
    git(clones, "clone", "-q", *(["--bare"] if bare else []), str(tmp_path / "origin"), folder)
    source = PhotoSource(repository="someone/pictures", commit=made, real=Choice(folders=(".",)))
    assert lay_out_source("mine", source, clones, tmp_path / "out", {}).pictures.total() == 1


def test_a_repository_that_went_on_is_read_at_the_commit_that_was_checked(
    clones: Path, tmp_path: Path
) -> None:
    checked = commit(clones / "pictures", {"a.jpg": b"a"})
    commit(clones / "pictures", {"a.jpg": b"another", "b.jpg": b"b"})
    source = PhotoSource(repository="someone/pictures", commit=checked[:12], real=Choice(take="jpg$"))
    result = lay_out_source("mine", source, clones, tmp_path, {})
    assert list_files(tmp_path / "photos") == {f"mine/{place(b'a', 'real', '.jpg')}"}
    assert result.note == ""


def test_a_clone_without_the_checked_commit_is_read_as_it_is_and_noted(clones: Path, tmp_path: Path) -> None:
    head = commit(clones / "pictures", {"a.jpg": b"a"})
    source = PhotoSource(repository="someone/pictures", commit="0123456789ab", real=Choice(take="jpg$"))
    result = lay_out_source("mine", source, clones, tmp_path, {})
    assert result.note == f"changed since it was checked: read at {head[:12]}, checked at 0123456789ab"
    assert result.pictures.total() == 1


def test_what_is_missing_is_told(clones: Path, tmp_path: Path) -> None:
    source = PhotoSource(
        repository="someone/pictures",
        commit="0123456789ab",
        real=Choice(take="^gone/"),
        fake=Choice(list="gpt_image.txt"),
    )
    (missing,) = lay_out_source("mine", source, clones, tmp_path, {}).problems
    assert missing.startswith("no clone of github.com/someone/pictures")
    (clones / "pictures").mkdir(parents=True)
    git(clones / "pictures", "init", "-q")
    (empty,) = lay_out_source("mine", source, clones, tmp_path, {}).problems
    assert "git cannot read it" in empty
    assert "\n" not in empty
    commit(clones / "pictures", {"images/10.png": b"listed", "images/11.txt": b""})
    result = lay_out_source("mine", source, clones, tmp_path, {})
    assert result.pictures[Label.FAKE, Split.TRAIN] + result.pictures[Label.FAKE, Split.TEST] == 1
    assert result.problems == (
        "real: there is no such picture any more",
        "fake: 621 pictures of gpt_image.txt are not there any more, the first is images/100-2.jpeg",
    )


def test_pictures_that_a_partial_clone_lacks_are_counted(clones: Path, tmp_path: Path) -> None:
    made = commit(clones / "pictures", {"a.jpg": b"a", "b.jpg": b"b"})
    name = git(clones / "pictures", "rev-parse", "HEAD:a.jpg")
    (clones / "pictures" / ".git" / "objects" / name[:2] / name[2:]).unlink()
    source = PhotoSource(repository="someone/pictures", commit=made, real=Choice(take="jpg$"))
    result = lay_out_source("mine", source, clones, tmp_path, {})
    assert result.pictures.total() == 1
    assert result.problems == ("real: 1 missing in a partial clone: clone without --filter",)


def test_the_command_counts_and_ends_with_2_where_something_is_missing(
    run_module: RunModule, clones: Path, tmp_path: Path
) -> None:
    commit(clones / "raccoon_dataset", {"images/a.jpg": b"a", "images/b.png": b"b"})
    done = run_module(MODULE, clones, tmp_path / "out", "raccoons")
    assert (done.returncode, done.stderr) == (
        0,
        "1 pictures of 1 sources; 0 incomplete or gone, 1 changed\n",
    )
    assert done.stdout.startswith("raccoons: ")
    done = run_module(MODULE, clones, tmp_path / "out")
    assert done.returncode == 2
    count = len(read_sources())
    assert done.stderr.splitlines()[-1] == (
        f"1 pictures of {count} sources; {count - 1} incomplete or gone, 1 changed"
    )
    assert len(done.stdout.splitlines()) == count


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "fakelens: CLONES and OUT are missing"),
        (["/no/such", "out"], "fakelens: /no/such: no such folder"),
        ([".", "out", "nowhere"], "fakelens: nowhere: no such source; there are diffusiondb, "),
    ],
)
def test_bad_usage_is_one_line(run_module: RunModule, arguments: list[str], said: str) -> None:
    done = run_module(MODULE, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


def test_the_sources_are_sound(run_module: RunModule) -> None:
    sources = read_sources()
    assert len({source.repository for source in sources.values()}) == 33
    for source in sources.values():
        assert len(source.commit) == 12
        choices = [choice for choice in (source.real, source.fake) if choice is not None]
        assert choices
        for choice in choices:
            assert sum((bool(choice.folders), bool(choice.take), choice.list is not None)) == 1
    listed = [sources[name].fake for name in ("gpt_image", "nano_banana_pro")]
    assert [len(choice.read_list()) for choice in listed if choice is not None] == [622, 629]
    lines = run_module(MODULE, "--list").stdout.splitlines()
    assert len(lines) == 33
    assert "datitran/raccoon_dataset 939388493018" in lines


@pytest.mark.data
def test_the_pictures_that_training_leaves_out_are_in_the_laid_out_folder() -> None:
    """The list fits the data: nothing of it is gone unnoticed."""
    folder = os.environ.get(PHOTOS)
    if not folder:
        pytest.skip(f"{PHOTOS} names no folder laid out by fakelens.train.data.photo_sources")
    there = {path.stem for path in Path(folder).rglob("*") if path.is_file()}
    with (ROOT / "train" / "recipes" / "left_out.csv").open(encoding="utf-8") as file:
        missing = [row["digest"] for row in csv.DictReader(file) if row["digest"] not in there]
    assert missing == []
