import json
import time
from pathlib import Path

import pytest

from fakelens.benchmarks.list_rows import read_lines
from fakelens.edge_runtime.errors import UsageError


@pytest.mark.parametrize("text", ["a\u2028b", "a\x0cb", "a\x85b", "a\x1cb", "a\nb", 'a, "b"'])
def test_only_line_breaks_outside_quotes_end_a_line(tmp_path: Path, text: str) -> None:
    rows = [{"path": f"{number}.png", "text": text, "label": "real"} for number in range(2)]
    quoted = '"' + text.replace('"', '""') + '"'
    forms = {
        "list.csv": "path,text,label\n" + "\n".join(f"{row['path']},{quoted},real" for row in rows),
        "list.jsonl": "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows),
        "list.json": json.dumps(rows, ensure_ascii=False),
    }
    for name, content in forms.items():
        (tmp_path / name).write_bytes(content.encode())
        assert [line.cells for line in read_lines(tmp_path / name)] == rows, name


def test_lines_say_where_they_stand(tmp_path: Path) -> None:
    for name, content, places in (
        ("list.csv", "path\na\n\nb\n", ["line 2", "line 4"]),
        ("list.jsonl", '{"path": "a"}\n\n{"path": "b"}\n', ["line 1", "line 3"]),
        ("list.json", '[{"path": "a"}, {"path": "b"}]', ["object 1", "object 2"]),
    ):
        (tmp_path / name).write_text(content)
        lines = read_lines(tmp_path / name)
        assert [line.where for line in lines] == places
        assert [line.read("path") for line in lines] == ["a", "b"]
        assert lines[0].read("gone") == ""


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("list.csv", "path,label,label\na,real,fake\n", "has two columns 'label'; rename one"),
        ("list.json", '[{"path": "a", "label": "real", "label": "fake"}]', "'label' stands twice"),
        ("list.json", '{"a.png": "real", "a.png": "fake"}', "'a.png' stands twice"),
        ("list.jsonl", '{"path": 1, "path": 2}\n{}', "'path' stands twice"),
    ],
)
def test_what_is_said_twice_is_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match=message):
        read_lines(tmp_path / name)


def test_one_name_twice_among_very_many_is_found_soon(tmp_path: Path) -> None:
    pairs = ", ".join(f'"{number}.png": "real"' for number in range(30_000))
    (tmp_path / "list.json").write_text(f'{{{pairs}, "29999.png": "fake"}}')
    start = time.process_time()
    with pytest.raises(UsageError, match=r"'29999\.png' stands twice"):
        read_lines(tmp_path / "list.json")
    assert time.process_time() - start < 2
