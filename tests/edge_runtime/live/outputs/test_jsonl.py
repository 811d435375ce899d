"""JSON lines for programs."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import SinkError, UsageError
from fakelens.edge_runtime.live.outputs.jsonl import open_jsonl
from fakelens.edge_runtime.live.status import CameraState, LiveStatus

MakeStatus = Callable[..., LiveStatus]
FRAME = Image.new("RGB", (16, 8))


def read_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_change_is_a_line_that_is_there_at_once(tmp_path: Path, make_status: MakeStatus) -> None:
    path = tmp_path / "new" / "live.jsonl"
    sink = open_jsonl(path, 3600)
    starting = make_status(state=CameraState.STARTING, label=None, p_fake=None)
    running, real = make_status(label=Label.REAL), make_status(label=Label.FAKE)
    gone = replace(real, state=CameraState.RECONNECTING, error="0: unplugged")
    for status in (
        starting,
        starting,
        running,
        running,
        real,
        real,
        gone,
        replace(gone, error="0: busy"),
        gone,
    ):
        sink.update(status, FRAME)
        events = [(row["event"], row["state"], row["verdict"], row["error"]) for row in read_rows(path)]
    sink.close()
    assert events == [
        ("state", "starting", None, None),
        ("state", "running", "real", None),
        ("verdict", "running", "real", None),
        ("verdict", "running", "fake", None),
        ("state", "reconnecting", "fake", "0: unplugged"),
        ("state", "reconnecting", "fake", "0: busy"),
        ("state", "reconnecting", "fake", "0: unplugged"),
    ]


def test_an_interval_is_a_line_and_0_is_every_frame(tmp_path: Path, make_status: MakeStatus) -> None:
    for interval_s, least, most in ((0.1, 2, 4), (0.0, 20, 20)):
        sink = open_jsonl(tmp_path / f"{interval_s}.jsonl", interval_s)
        for _ in range(20):
            sink.update(make_status(), FRAME)
            sink.update(make_status(), None)
            time.sleep(0.015)
        sink.close()
        rows = read_rows(tmp_path / f"{interval_s}.jsonl")
        assert least <= sum(row["event"] == "interval" for row in rows) <= most


def test_times_are_utc_and_lines_of_an_earlier_run_stay(tmp_path: Path, make_status: MakeStatus) -> None:
    path = tmp_path / "live.jsonl"
    for _ in range(2):
        sink = open_jsonl(path, 10)
        sink.update(make_status(), FRAME)
        sink.close()
    rows = read_rows(path)
    assert len(rows) == 4
    assert all(row["time"].endswith("Z") and row["time"][10] == "T" for row in rows)
    assert rows[0]["time"][:13] == time.strftime("%Y-%m-%dT%H", time.gmtime())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told_with_the_files_name(make_status: MakeStatus) -> None:
    sink = open_jsonl(Path("/dev/full"), 10)
    with pytest.raises(SinkError, match=r"--jsonl /dev/full is off: No space left"):
        sink.update(make_status(), FRAME)


@pytest.mark.parametrize(
    ("there", "kept"),
    [
        (b"", b""),
        (b'{"a": 1}\n', b'{"a": 1}\n'),
        (b'{"a": 1}\n{"b": ', b'{"a": 1}\n'),
        (b'{"a": 1}\n{"b": 2}', b'{"a": 1}\n{"b": 2}\n'),
        (b'{"b": ', b""),
        (b'{"a": "' + b"x" * 200_000, b""),
    ],
)
def test_half_a_line_that_a_kill_left_goes_when_the_file_is_opened_again(
    tmp_path: Path, there: bytes, kept: bytes
) -> None:
    path = tmp_path / "watch.jsonl"
    path.write_bytes(there)
    open_jsonl(path, 1.0).close()
    assert path.read_bytes() == kept


@pytest.mark.parametrize("content", [b"a text without an end of line", b"\xff\xd8\xff\xe0photo", b"[1, 2"])
def test_a_file_that_holds_something_else_is_not_cut(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"notes\.txt: holds no JSON lines; give another file"):
        open_jsonl(path, 1.0)
    assert path.read_bytes() == content
