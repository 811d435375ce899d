"""What folders, manifests and tars stand for, and what of them is refused."""

import json
import tarfile
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.scan.checker import Checker, CheckerSpec
from fakelens.edge_runtime.scan.inputs import find_scan_inputs
from fakelens.edge_runtime.scan.item import Item, item_from_line
from fakelens.edge_runtime.scan.skipped import Skipped, describe_skipped


def list_items(name: str, column: str | None = None, skipped: Skipped | None = None) -> Iterator[Item]:
    for each in find_scan_inputs([name]):
        yield from each.list_items(skipped or Skipped(), column)


@pytest.fixture
def photos(
    tmp_path: Path, save_grey: Callable[[Path, int], Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    for name, level in (("a.png", 10), ("deep/b.png", 220), ("deep/.hidden.png", 3)):
        save_grey(Path("photos", name), level)
    Path("photos/notes.txt").write_text("no image")
    Path("photos/gone.png").symlink_to("nowhere")
    Path("photos/deep/up").symlink_to("..", target_is_directory=True)
    Path("photos/camera.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    return Path("photos")


@pytest.mark.usefixtures("photos")
def test_a_folder_is_listed_entry_by_entry_and_the_rest_is_counted() -> None:
    skipped = Skipped()
    found = sorted(list_items("photos", skipped=skipped), key=lambda item: item.key)
    names = [item.key for item in found]
    assert names in (["a.png", "deep/b.png"], ["a.png", "camera.heic", "deep/b.png"])  # by what is installed
    assert found[0].name == "photos/a.png"
    assert skipped.to_json()["not_images"] == 1
    assert skipped.lines == ["photos/gone.png: a link to nothing"]


def test_memory_does_not_grow_with_a_folder(tmp_path: Path) -> None:
    for number in range(2000):
        (tmp_path / f"{number}.png").touch()
    items = list_items(str(tmp_path))
    next(items)
    tracemalloc.start()
    count = 1 + sum(1 for _ in items)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 2000
    assert peak < 100_000  # a path takes 100 bytes and more


@pytest.mark.usefixtures("photos")
def test_lines_of_every_kind_of_manifest() -> None:
    Path("plain.txt").write_bytes(b"\xef\xbb\xbfphotos/a.png\r\n\n  \nodd\xff.png\n")
    assert [item.name for item in list_items("plain.txt")] == ["photos/a.png", "odd\udcff.png"]
    Path("table.csv").write_text('id,URL\n1,"photos/a, b.png"\n2\n3,photos/a.png\n4,\n')
    rows = list(list_items("table.csv"))
    assert [row.name for row in rows] == ["photos/a, b.png", "table.csv:3", "photos/a.png", "table.csv:5"]
    assert rows[1].broken == rows[3].broken == "broken line, names no picture"
    assert item_from_line(rows[1].to_line()).broken == rows[1].broken
    Path("rows.jsonl").write_text(
        '{"n": 1, "path": "a\\nb.png"}\nnothing\n[1]\n{"n": 2}\n{"path": "\\ud800.png"}\n'
    )
    assert [row.broken for row in list_items("rows.jsonl")] == [
        "",
        *(
            f"broken line, {why}"
            for why in ("not JSON", "not a JSON object", "names no picture", "no text, so no name")
        ),
    ]
    Path("other.csv").write_text("id,photo\n1,x.png\n")
    assert [row.name for row in list_items("other.csv", "photo")] == ["x.png"]
    with pytest.raises(UsageError, match=r"no column path, url, file \.\.\. among id, photo; say which"):
        list(list_items("other.csv"))
    with pytest.raises(UsageError, match=r"--column nope: other\.csv has id, photo"):
        list(list_items("other.csv", "nope"))


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_columns_of_a_csv_are_told_apart_as_in_the_list_of_a_training(tmp_path: Path, mark: str) -> None:
    file = tmp_path / "table.csv"
    file.write_text(f'\ufefflabel{mark}path\n1{mark}"a,b;c.png"\n2\n', encoding="utf-8")
    assert [row.name for row in list_items(str(file))] == ["a,b;c.png", f"{file}:3"]


@pytest.mark.parametrize("name", ["text.jpg", "list.PNG", "clip.mp4"])
def test_a_text_with_the_name_of_a_picture_is_no_list(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("photos/a.png\n")
    with pytest.raises(UsageError, match=rf"{name}: no picture or video, .* replace it, or, .* rename it to"):
        find_scan_inputs([str(tmp_path / name)])
    (tmp_path / name).rename(tmp_path / "list.of.jpg.names")
    assert [item.name for item in list_items(str(tmp_path / "list.of.jpg.names"))] == ["photos/a.png"]


@pytest.mark.usefixtures("photos")
def test_a_hostile_line_of_a_manifest_is_one_broken_line() -> None:
    lines = ["[" * 200_000, '{"path":' * 100_000, '{"path": ' + "9" * 5000 + "}", '{"path": "photos/a.png"}']
    Path("rows.jsonl").write_text("\n".join(lines))
    broken = [row.broken for row in list_items("rows.jsonl", "path")]
    assert broken == [*["broken line, not JSON"] * 3, ""]
    Path("wide.csv").write_text("x" * 200_000 + ",path\n1,photos/a.png\n")
    with pytest.raises(UsageError, match=r"wide\.csv: not a list of pictures; its first line is no CSV"):
        list(list_items("wide.csv"))


@pytest.mark.usefixtures("photos")
def test_a_parquet_manifest() -> None:
    pa = pytest.importorskip("pyarrow", reason='needs "fakelens[parquet]"')
    from pyarrow import parquet

    parquet.write_table(pa.table({"n": [1, 2], "path": ["photos/a.png", None]}), "list.parquet")
    assert [(row.name, bool(row.broken)) for row in list_items("list.parquet")] == [
        ("photos/a.png", False),
        ("list.parquet:2", True),
    ]
    Path("list.parquet").write_bytes(Path("list.parquet").read_bytes()[:-30])
    with pytest.raises(UsageError, match="cannot be read as Parquet"):
        list(list_items("list.parquet"))


def test_a_tar_is_read_where_its_pictures_lie(photos: Path, model_file: Path) -> None:
    with tarfile.open("shard-000.tar", "w") as archive:
        archive.add(photos / "notes.txt", "._a.png")  # as macOS leaves them
        for name in ("a.png", "notes.txt", "deep/b.png"):
            archive.add(photos / name, name)
    skipped = Skipped()
    items = list(list_items("shard-000.tar", skipped=skipped))
    assert [item.name for item in items] == ["shard-000.tar/a.png", "shard-000.tar/deep/b.png"]
    assert skipped.others == 1
    checker = Checker(CheckerSpec(model=str(model_file), threads=2))
    rows = [json.loads(answer.line) for answer in checker.check(items)]
    assert [row["verdict"] for row in rows] == ["real", "fake"]
    # Cut off in the last picture.
    content = Path("shard-000.tar").read_bytes()
    Path("cut.tar").write_bytes(content[: items[1].offset + 10])
    cut = list(list_items("cut.tar"))
    assert [item.name for item in cut] == ["cut.tar/a.png", "cut.tar:end"]
    assert "breaks off" in cut[-1].broken
    assert [json.loads(line)["error"] for line in checker.check_names([""])] == [
        "names:1: broken line, names no picture"
    ]
    # Bytes that are no picture are named as the member that they are.
    broken = Item(name="shard-000.tar/a.png", archive="shard-000.tar", offset=0, size_bytes=20)
    (answer,) = checker.check([broken])
    assert json.loads(answer.line)["error"].startswith("shard-000.tar/a.png: not an image")


def test_what_is_no_input_is_refused_with_the_remedy(photos: Path) -> None:
    Path("photos/a b.png").write_bytes(Path("photos/a.png").read_bytes())
    for name, said in (
        ("photos/a.png", "fakelens check photos/a.png"),
        ("photos/a b.png", "fakelens check 'photos/a b.png'"),
        ("nothing", "no such file or folder"),
        ("*.tar", "the pattern matches no file"),
        ("", "an empty path"),
        ("ftp://x/y.csv", "ftp:// is not read"),
    ):
        with pytest.raises(UsageError, match=said.replace("*", r"\*")):
            list(list_items(name))
    with tarfile.open("photos.tar.gz", "w:gz") as archive:
        archive.add(photos)
    with pytest.raises(UsageError, match="compressed; unpack it first"):
        list(list_items("photos.tar.gz"))
    Path("photos.zip").write_bytes(b"PK\3\4" + bytes(300))
    with pytest.raises(UsageError, match="is an archive that no scan reads; unpack it"):
        list(list_items("photos.zip"))
    Path("bytes.dat").write_bytes(b"abc\0def")
    with pytest.raises(UsageError, match="not a list of pictures"):
        list(list_items("bytes.dat"))
    Path("damaged.tar").write_bytes(b"x" * 700)
    with pytest.raises(UsageError, match="cannot be read as a tar"):
        list(list_items("damaged.tar"))


def test_a_picture_that_two_inputs_hold_is_one_item_and_runs_are_no_pictures(photos: Path) -> None:
    for name in (run_layout.CONFIG, run_layout.SOURCE):
        (photos / "deep" / name).touch()
    skipped, seen = Skipped(), set[tuple[int, int]]()
    for each in find_scan_inputs(["photos", "phot*", "photos/**", "./photos"]):
        names = {item.name for item in each.list_items(skipped, None, seen)}
        assert names in ({"photos/a.png"}, {"photos/a.png", "photos/camera.heic"}, set())
    assert skipped.runs == 1
    assert "1 run directory of fakelens train" in describe_skipped(skipped.to_json())
    Path("photos/deep", run_layout.SOURCE).unlink()
    found, seen = find_scan_inputs(["photos/deep", "photos"]), set()
    keys = [item.key for each in found for item in each.list_items(skipped, None, seen)]
    assert [key for key in keys if key.endswith(".png")] == ["b.png", "up/a.png"]  # by a link up


def write_header(name: str, size_bytes: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return the head of a member, with a size that need not be one."""
    info = tarfile.TarInfo(name)
    info.type = kind
    head = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    head[124:136] = (size_bytes % 256**12).to_bytes(12, "big") if size_bytes < 0 else b"%011o\0" % size_bytes
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


@pytest.mark.parametrize(
    "content",
    [
        write_header("a.png", 0) + write_header("b.png", -512),  # which leads back to itself
        write_header("a.png", 0) + write_header("b.png", -(10**9)),
        (write_header("name", 4, tarfile.GNUTYPE_LONGNAME) + b"abc\0".ljust(512, b"\0")) * 2000,
    ],
)
def test_a_tar_without_end_ends(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(write_header("first.png", 0) + content)
    assert "breaks off" in list(list_items(str(path)))[-1].broken


def test_links_in_a_tar_and_members_too_large_are_said(photos: Path, model_file: Path) -> None:
    with tarfile.open("links.tar", "w") as archive:
        archive.add(photos / "a.png", "a.png")
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            link = tarfile.TarInfo("b.png")
            link.type, link.linkname = kind, "a.png"
            archive.addfile(link)
    skipped = Skipped()
    assert [item.key for item in list_items("links.tar", skipped=skipped)] == ["links.tar/a.png"]
    assert skipped.unreadable == 2
    checker = Checker(CheckerSpec(model=str(model_file)))
    (answer,) = checker.check([Item("links.tar/a.png", archive="links.tar", size_bytes=10**12)])
    assert answer.outcome == "error: too large"


@pytest.mark.usefixtures("photos")
def test_a_line_of_a_scheme_that_is_not_read_stops_no_other(model_file: Path) -> None:
    checker = Checker(CheckerSpec(model=str(model_file)))
    rows = [json.loads(line) for line in checker.check_names(["ftp://x/y.png", "photos/a.png"])]
    assert rows[0]["error"].startswith("ftp://x/y.png: broken line, ftp:// is not read; one of s3, ")
    assert (rows[0]["error_kind"], rows[1]["verdict"]) == ("broken line", "real")
    with pytest.raises(UsageError, match="ftp:// is not read"):
        Checker(CheckerSpec(model=str(model_file), root="ftp://x"))
