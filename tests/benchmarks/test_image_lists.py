import json
from pathlib import Path

import pytest

from fakelens.benchmarks.labelled import LabelledImage, Split, find_labelled
from fakelens.benchmarks.layouts import Layout
from fakelens.edge_runtime.errors import UsageError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("r0", "r1", "f0", "f1"):
        (tmp_path / "images").mkdir(exist_ok=True)
        (tmp_path / "images" / f"{name}.png").touch()
    return tmp_path


def _read(data: Path, text: str, name: str = "list.csv", **layout: object) -> list[LabelledImage]:
    file = data / name
    file.write_text(text)
    return find_labelled(data, layout=Layout(list_file=str(file), **layout))  # type: ignore[arg-type]


def _names(found: list[LabelledImage]) -> list[tuple[str, int]]:
    return [(image.path.stem, image.label) for image in found]


WANTED = [("r0", 0), ("r1", 0), ("f0", 1), ("f1", 1)]
PAIRS = [
    ("images/f0.png", "AI"),
    ("images/f1.png", "AI"),
    ("images/r0.png", "real"),
    ("images\\r1.png", "real"),
]


def test_lists_of_every_form_say_the_same(data: Path) -> None:
    rows = [{"file_name": path, "label": label} for path, label in PAIRS]
    forms = {
        "list.csv": "file_name,label\n" + "\n".join(f"{path},{label}" for path, label in PAIRS),
        "list.tsv": "\ufefflabel\tpath\n" + "\n".join(f"{label}\t{path}" for path, label in PAIRS),
        "list.json": json.dumps(rows),
        "images.json": json.dumps({"version": "1", "images": rows}),
        "map.json": json.dumps(dict(PAIRS)),
        "list.jsonl": "\n".join(map(json.dumps, rows)),
    }
    for name, text in forms.items():
        assert _names(_read(data, text, name)) == WANTED, name


def test_a_picture_that_is_written_in_two_ways_counts_once(data: Path) -> None:
    rows = [*PAIRS, ("images/../images/r0.png", "real"), (str(data / "images" / "f0.png"), "AI")]
    (data / "images" / "x").mkdir()
    text = "file_name,label\n" + "\n".join(f"{path},{label}" for path, label in rows)
    assert _names(_read(data, text)) == WANTED


def test_columns_and_labels_are_named_where_they_are_not_plain(data: Path) -> None:
    text = "id,where,kind\n1,images/r0.png,0\n2,images/r1.png,0\n3,images/f0.png,1\n4,images/f1.png,2\n"
    with pytest.raises(
        UsageError, match=r"which column .* \(found id, where, kind\); name it with --label-column"
    ):
        _read(data, text)
    with pytest.raises(UsageError, match=r"which column .* \(found a, b\); name it with --path-column"):
        _read(data, "a,b\nimages/r0.png,images/f0.png\n")
    with pytest.raises(UsageError, match=r"no column 'kin' \(found id, where, kind\)"):
        _read(data, text, path_column="where", label_column="kin")
    said = r"kind has 0 \(2\), 1 \(1\), 2 \(1\)\); add --list .* --label-column kind --real 0 --fake 1, or"
    with pytest.raises(UsageError, match=said):
        _read(data, text, path_column="where", label_column="kind")
    found = _read(data, text, path_column="where", label_column="kind", real=("0",), fake=("1", "2"))
    assert _names(found) == WANTED


def test_columns_of_other_names_are_found_by_what_is_in_them(data: Path) -> None:
    caption = "a long one " * 50
    lines = "\n".join(f"{caption},{path},{label}" for path, label in PAIRS)
    assert _names(_read(data, "caption,where,kind\n" + lines)) == WANTED


def test_a_column_that_says_fake_itself_needs_no_word(data: Path) -> None:
    lines = "\n".join(f"images/{name}.png,{name[0] == 'f'}" for name in ("r0", "r1", "f0", "f1"))
    assert _names(_read(data, "path,is_fake\n" + lines)) == WANTED
    lines = "\n".join(f"images/{name}.png,{int(name[0] == 'r')}" for name in ("r0", "r1", "f0", "f1"))
    assert _names(_read(data, "path,is_real\n" + lines)) == WANTED


def test_splits_and_sources_of_a_list(data: Path) -> None:
    rows = [
        ("r0", "real", "train"),
        ("f0", "fake", "train"),
        ("r1", "real", "valid"),
        ("f1", "fake", "valid"),
    ]
    text = "path,label,split,source\n" + "\n".join(f"images/{n}.png,{k},{s},web" for n, k, s in rows)
    found = _read(data, text)
    assert [(i.path.stem, i.split, i.source) for i in found] == [
        ("r0", Split.TRAIN, "web"),
        ("f0", Split.TRAIN, "web"),
        ("r1", Split.VAL, "web"),
        ("f1", Split.VAL, "web"),
    ]


@pytest.mark.parametrize("value", ["", "holdout"])
def test_a_split_that_says_nothing_known_is_refused(data: Path, value: str) -> None:
    splits = ["train", "train", value, "test"]
    text = "path,label,split\n" + "\n".join(
        f"images/{name}.png,{name[0]},{split}"
        for name, split in zip(("r0", "f0", "r1", "f1"), splits, strict=True)
    )
    with pytest.raises(
        UsageError, match=f"line 4 has '{value}' in the column split, expected train, training"
    ):
        _read(data, text, real=("r",), fake=("f",))
    blank = "\n".join(line if "split" in line else f"{line.rpartition(',')[0]}," for line in text.split("\n"))
    assert {image.split for image in _read(data, blank, real=("r",), fake=("f",))} == {None}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "path,label\nimages/r0.png,real\ngone.png,fake\n",
            r"1 of 2 pictures are not below .*the first is gone.png",
        ),
        ("path,label\nimages/r0.png,real\n", "has real pictures alone; both classes"),
        ("path,label\nimages/r0.png,real\nimages/r0.png,fake\n", "real in one line and fake in another"),
        ("path,label\nimages/r0.png,real\nimages/../images/r0.png,fake\n", "real in one line and fake in"),
        ("path,label,split\nimages/r0.png,real,train\nimages/r0.png,real,test\n", "is in train and in test"),
        (
            "path,label,split\nimages/r0.png,real,train\nimages/../images/r0.png,real,val\n",
            "is in train and in val",
        ),
        ("path,label\n", "the list is empty"),
        (
            "path,label\nimages/r0.png,real\nimages/f0.png,\nimages/f1.png\n",
            "line 3 has no label in the column label, nor have 1 more; add it, or take the line out",
        ),
        (
            "path,label\nimages/r0.png,\n",
            "no line has a label in the column label; name another with --label-c",
        ),
        ("images/r0.png,real\nimages/f0.png,fake\n", "its first line is a picture; begin it with the names"),
        ("{", "is no list"),
    ],
)
def test_unusable_lists_are_named_with_a_remedy(data: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        _read(data, text, "list.json" if text == "{" else "list.csv")
    (data / "list.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not text in UTF-8"):
        find_labelled(data, layout=Layout(list_file=str(data / "list.csv")))
