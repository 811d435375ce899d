"""Files, folders and patterns name the right pictures."""

import os
from pathlib import Path

import pytest
from PIL import Image

from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.pictures import formats
from fakelens.edge_runtime.pictures.formats import Kind
from fakelens.edge_runtime.pictures.sources import find_inputs, scan_folder, walk_images
from fakelens.edge_runtime.pictures.walk import walk


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "b.JPG",
        "a.png",
        "notes.txt",
        ".hidden.png",
        "deep/er/c.webp",
        "deep/d.tiff",
        ".cache/thumb.png",
        "set[1].png",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "folder.png").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def find(*names: str) -> list[str]:
    return [path.as_posix() for path in find_inputs(names).paths]


def test_a_folder_stands_for_all_images_below_it_sorted_without_hidden_ones(tree: Path) -> None:
    everything = ["a.png", "b.JPG", "deep/d.tiff", "deep/er/c.webp", "set[1].png"]
    assert find(".") == everything
    assert find(str(tree)) == [f"{tree.as_posix()}/{name}" for name in everything]
    assert [path.name for path in walk_images(tree / "deep")] == ["d.tiff", "c.webp"]


def test_a_folder_below_a_hidden_one_may_be_named(tree: Path) -> None:
    assert find(f"{tree}/.cache") == [f"{tree.as_posix()}/.cache/thumb.png"]


@pytest.mark.usefixtures("tree")
def test_a_named_file_counts_whatever_its_suffix_and_even_if_missing() -> None:
    assert find("notes.txt", "missing.png") == ["notes.txt", "missing.png"]


@pytest.mark.usefixtures("tree")
def test_order_is_that_of_the_command_line_each_file_once() -> None:
    assert find("deep", "a.png", ".", "a.png")[:4] == ["deep/d.tiff", "deep/er/c.webp", "a.png", "b.JPG"]
    assert len(find("deep", "a.png", ".", "a.png")) == 5


def test_patterns_follow_the_shells_rules(tree: Path) -> None:
    assert find("*.png") == ["a.png", "folder.png", "set[1].png"]  # no hidden files
    assert find("?.*") == ["a.png", "b.JPG"]
    assert find("**/*.webp") == ["deep/er/c.webp"]
    assert find("deep/**.tiff") == ["deep/d.tiff"]
    assert find(f"{tree}/[ab].*") == [f"{tree.as_posix()}/a.png", f"{tree.as_posix()}/b.JPG"]


@pytest.mark.usefixtures("tree")
def test_a_file_whose_name_looks_like_a_pattern_is_that_file() -> None:
    assert find("set[1].png") == ["set[1].png"]


def test_a_pattern_stands_for_what_the_shell_makes_of_it(tree: Path) -> None:
    (tree / "gone.jpg").symlink_to("nowhere")
    matches = ["a.png", "b.JPG", "deep", "empty", "folder.png", "gone.jpg", "notes.txt", "set[1].png"]
    assert find("*") == find(*matches)
    assert find("*")[:4] == ["a.png", "b.JPG", "deep/d.tiff", "deep/er/c.webp"]  # folders with all below
    assert "gone.jpg" in find("*")
    found = find_inputs(["**"])
    assert len(found.paths) == len(find("*"))
    assert found.left_out.total == 0


def test_what_stands_below_a_matched_folder_is_counted_once(tree: Path) -> None:
    (tree / "deep" / "notes.txt").touch()
    (tree / "deep" / "er" / "more.txt").touch()
    found = find_inputs(["deep*/**"])
    assert [path.name for path in found.paths] == ["d.tiff", "c.webp"]
    assert found.left_out.others == 2


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("name", "reason"), [("empty", "no images in this folder"), ("*.xyz", "matches no file")]
)
def test_a_name_that_stands_for_nothing_is_kept_beside_others_and_refused_alone(
    name: str, reason: str
) -> None:
    assert find("a.png", name, "b.JPG") == ["a.png", name, "b.JPG"]
    assert find_inputs([name], others=True).paths == [Path(name)]
    with pytest.raises(UsageError, match=f"empty: no images in this folder; .*{reason}"):
        find("empty", name if name != "empty" else "folder.png")


def write_jpeg(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (9, 9)).save(path, "JPEG")


def list_names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in scan_folder(folder).paths]


def test_the_content_counts_where_the_suffix_says_nothing(tmp_path: Path) -> None:
    for name in ("a.jpg_large", "b", "c.jfif", "d.mpo"):
        write_jpeg(tmp_path / name)
    (tmp_path / "text.md").write_text("no picture")
    (tmp_path / "empty").touch()
    found = scan_folder(tmp_path)
    assert [path.name for path in found.paths] == ["a.jpg_large", "b", "c.jfif", "d.mpo"]
    assert found.left_out.others == 2
    assert str(found.left_out) == "2 not images"
    assert not found.left_out.is_failure


def test_what_wants_a_package_is_counted_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.heic", "b.heic"):
        (tmp_path / name).write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    write_jpeg(tmp_path / "a JPEG.heic")
    (tmp_path / "clip.mp4").touch()
    monkeypatch.setattr(formats, "is_installed", lambda _: False)
    found = scan_folder(tmp_path)
    assert [path.name for path in found.paths] == ["a JPEG.heic"]
    assert found.left_out.needs == {Kind.HEIC: 2}
    assert found.left_out.is_failure
    assert str(found.left_out) == '2 HEIC skipped: pip install "fakelens[heic]"; 1 video'
    assert '1 video skipped: pip install "fakelens[camera]"' in str(
        scan_folder(tmp_path, videos=True).left_out
    )
    for path in found.paths:
        path.unlink()
    with pytest.raises(UsageError, match="no images in this folder; 2 HEIC skipped"):
        find_inputs([str(tmp_path)])


def test_linked_folders_are_followed_once(tmp_path: Path) -> None:
    write_jpeg(tmp_path / "elsewhere" / "far.jpg")
    write_jpeg(tmp_path / "folder" / "sub" / "near.jpg")
    (tmp_path / "folder" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "folder" / "again").symlink_to(tmp_path / "folder" / "sub")
    (tmp_path / "folder" / "sub" / "up").symlink_to("..")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "folder")
    assert list_names(tmp_path / "folder") == ["linked/far.jpg", "sub/near.jpg"]


def test_links_to_nothing_and_locked_folders_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_jpeg(tmp_path / "a.jpg")
    (tmp_path / "gone.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    found = scan_folder(tmp_path)
    assert [path.name for path in found.paths] == ["a.jpg"]
    assert found.left_out.unreadable == tuple(
        f"{tmp_path}/{name}: a link to nothing" for name in ("gone.jpg", "loop.jpg")
    )
    assert found.left_out.is_failure
    assert list(walk_images(tmp_path)) == found.paths  # for training, which logs it
    assert list(walk_images(tmp_path)) == found.paths
    assert caplog.text.count("gone.jpg: a link to nothing") == 1  # said once, however often it looks
    unreadable: list[str] = []
    assert list(walk(tmp_path / "locked", unreadable.append, [].append, ordered=True)) == []
    assert "cannot be read" in unreadable[0]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    write_jpeg(tmp_path / "a.jpg")
    (tmp_path / "locked").mkdir(mode=0)
    assert scan_folder(tmp_path).left_out.unreadable == (
        f"{tmp_path}/locked: cannot be read (Permission denied)",
    )


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_looked_at_cancels_nothing_else(tmp_path: Path) -> None:
    write_jpeg(tmp_path / "b.jpg")
    (tmp_path / "locked").mkdir()
    write_jpeg(tmp_path / "locked" / "inner" / "a.jpg")
    (tmp_path / "a link").symlink_to("locked/inner")
    (tmp_path / "locked").chmod(0)
    found = scan_folder(tmp_path)
    assert list(found.paths) == [tmp_path / "b.jpg"]
    assert f"{tmp_path}/a link: cannot be read (Permission denied)" in found.left_out.unreadable
    names = [str(tmp_path / name) for name in ("locked/inner/a.jpg", "b.jpg")]
    assert find(*names) == names
    (tmp_path / "locked").chmod(0o700)


def test_what_is_no_path_is_refused_with_the_way_by_hand() -> None:
    with pytest.raises(UsageError, match=r"curl -L 'https://example.org/a b.jpg' \| fakelens check -"):
        find("https://example.org/a b.jpg")
    with pytest.raises(UsageError, match=r"echo s3://bucket/a.jpg \| fakelens scan - -o -"):
        find("s3://bucket/a.jpg")
    with pytest.raises(UsageError, match="an empty path"):
        find("")


def test_a_run_directory_is_no_folder_of_pictures(tmp_path: Path) -> None:
    write_jpeg(tmp_path / "a.jpg")
    for name in (run_layout.CONFIG, run_layout.SOURCE):
        write_jpeg(tmp_path / "run" / "calibration" / "real" / "b.jpg")
        (tmp_path / "run" / name).touch()  # one of them alone makes no run
        counted = 1 if name == run_layout.SOURCE else 2
        assert len(scan_folder(tmp_path).paths) == counted
    left_out = scan_folder(tmp_path).left_out
    assert str(left_out) == "1 run directory of fakelens train skipped"
    assert (left_out.total, left_out.is_failure, left_out.to_row()["run_directories"]) == (1, False, 1)
    assert list_names(tmp_path / "run") == ["calibration/real/b.jpg"]  # where it is asked for by its name
