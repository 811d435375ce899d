"""`fakelens watch` as a user and a service run it: the real process, its output, its end."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.conftest import Fakelens
from tests.edge_runtime.provenance.conftest import A1111

SaveGreys = Callable[[list[int]], Path]
COMMAND = Path(sys.executable).parent / "fakelens"


@pytest.fixture
def start(tile_model: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `fakelens watch` with these options; it is killed where a test leaves it running."""
    started: list[subprocess.Popen[str]] = []

    def run(*options: object, **settings: Any) -> subprocess.Popen[str]:
        command = [COMMAND, "watch", "--headless", "--threads", "1", "--model", tile_model, *options]
        process = subprocess.Popen(
            [str(word) for word in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **settings,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], state: str) -> list[dict[str, Any]]:
    """Read JSON lines up to the first of this state."""
    assert process.stdout is not None
    rows: list[dict[str, Any]] = []
    while not rows or rows[-1]["state"] != state:
        line = process.stdout.readline()
        assert line, f"{state} never came: {rows}"
        rows.append(json.loads(line))
    return rows


@pytest.mark.parametrize(
    ("option", "value", "other"),
    [("--interval", "5", "--jsonl"), ("--record-limit", "50", "--record"), ("--token", "a", "--preview")],
)
def test_an_option_that_would_change_nothing_is_refused(
    fakelens: Fakelens, option: str, value: str, other: str
) -> None:
    done = fakelens("watch", "--source", "test:loop", option, value)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"fakelens: {option} changes nothing without {other}: give both\n"


@pytest.mark.parametrize("folder", [".", "kept/of/today"])
def test_what_is_recorded_does_not_lie_among_what_is_watched(
    fakelens: Fakelens, tmp_path: Path, folder: str
) -> None:
    (tmp_path / "inbox").mkdir()
    kept = tmp_path / "inbox" / folder
    done = fakelens("watch", "--source", tmp_path / "inbox", "--follow", "--headless", "--record", kept)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"fakelens: --record {kept}: lies in {tmp_path / 'inbox'}, so that")
    assert list((tmp_path / "inbox").iterdir()) == []


def test_list_takes_no_other_option(fakelens: Fakelens) -> None:
    done = fakelens("watch", "--list", "--source", "clip.mp4")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "fakelens: --source does nothing with --list: leave it out\n"


def test_where_no_camera_is_there_is_one_line(fakelens: Fakelens, tile_model: Path) -> None:
    pytest.importorskip("cv2", reason="needs the [camera] extra")
    done = fakelens("watch", "--source", "63", "--model", tile_model, "--headless", fresh=True)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("fakelens: camera 63: it is not there")
    assert done.stderr.count("\n") == 1


def test_a_video_file_is_watched_to_its_end(fakelens: Fakelens, tile_model: Path, tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2", reason="needs the [camera] extra")
    import numpy as np

    writer = cv2.VideoWriter(str(tmp_path / "clip.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for number in range(60):
        writer.write(np.full((48, 64, 3), 40 if number < 30 else 220, np.uint8))
    writer.release()
    options = ["--model", tile_model, "--jsonl", "-", "--interval", 0, "--record", tmp_path / "kept"]
    done = fakelens("watch", "--source", tmp_path / "clip.avi", *options, fresh=True)
    assert (done.returncode, done.stderr) == (0, "")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    frames = [row for row in rows if row["event"] == "interval"]
    assert [row["frames"] for row in frames] == list(range(1, 61))
    assert [row["verdict"] for row in rows if row["event"] == "verdict"] == ["real", "unsure", "fake"]
    assert [row["state"] for row in rows if row["event"] == "state"] == ["starting", "running", "stopped"]
    (event,) = (tmp_path / "kept").iterdir()
    assert {path.name for path in event.iterdir()} >= {"change.png", "clip.avi", "event.json", "0000.jpg"}


def test_what_a_file_says_of_itself_stands_beside_the_verdict(
    fakelens: Fakelens, tile_model: Path, save_greys: SaveGreys
) -> None:
    folder = save_greys([10, 10, 220, 220])
    for name, key, text in (("001.png", "parameters", A1111), ("003.png", "Software", "NovelAI")):
        said_so = PngInfo()
        said_so.add_text(key, text)
        with Image.open(folder / name) as image:
            image.save(folder / name, pnginfo=said_so)
    watch = ["watch", "--source", folder, "--model", tile_model, "--headless"]
    done = fakelens(*watch, "--jsonl", "-", fresh=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    said = [
        (row["event"], row["verdict"], row["pixels"], len(row["evidence"])) for row in rows if row["evidence"]
    ]
    assert ("verdict", "fake", "real", 1) in said
    assert ("evidence", "fake", "fake", 1) in said  # the verdict stays, what the file says is new
    done = fakelens(*watch, fresh=True)
    assert "says so itself: holds the settings of a Stable Diffusion program" in done.stdout
    assert "its pixels alone: REAL" in done.stdout
    done = fakelens(*watch, "--pixels-only", fresh=True)
    assert "says so itself" not in done.stdout
    done = fakelens("watch", "--source", "test:loop", "--pixels-only")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("fakelens: --pixels-only changes nothing here")


def test_a_picture_without_an_answer_is_told_at_the_end_and_the_others_are_judged(
    fakelens: Fakelens, tile_model: Path, save_greys: SaveGreys
) -> None:
    folder = save_greys([10, 220])
    (folder / "002.png").write_text("no picture")
    with Image.open(folder / "000.png") as image:
        image.save(folder / "000.gif", save_all=True, append_images=[image.point(lambda value: 255 - value)])
    watch = ["watch", "--source", folder, "--model", tile_model, "--headless"]
    done = fakelens(*watch, "--jsonl", "-", "--interval", 0, fresh=True)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"fakelens: {folder}: 1 of 4 pictures got no answer"
    rows = [row for row in map(json.loads, done.stdout.splitlines()) if row["event"] == "interval"]
    assert [row["frames"] for row in rows] == [1, 2, 3]
    assert [row["note"] is None for row in rows] == [False, True, True]


def test_a_screen_that_does_not_answer_means_headless(
    fakelens: Fakelens, tile_model: Path, save_greys: SaveGreys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":4711")  # Qt would end the process
    done = fakelens("watch", "--source", save_greys([220, 220]), "--model", tile_model, fresh=True)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.partition("  ")[2] for line in done.stdout.splitlines()]
    assert lines[1].startswith("FAKE   P(fake) 0.997  ")
    assert lines[-1] == "2 frames checked, 0 passed unchecked, 0 reconnects"


def test_sigterm_ends_it_in_order(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    process = start("--source", "test:loop?width=32&height=24", "--jsonl", tmp_path / "live.jsonl")
    assert process.stdout is not None
    while "P(fake)" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "frames checked" in out
    rows = [json.loads(line) for line in (tmp_path / "live.jsonl").read_text().splitlines()]
    assert rows[-1]["state"] == "stopped"
    assert rows[-1]["frames"] > 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_is_heeded_while_connecting_and_no_credential_shows(
    start: Callable[..., subprocess.Popen[str]], number: signal.Signals, code: int
) -> None:
    pytest.importorskip("cv2", reason="needs the [camera] extra")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        mute.settimeout(60)
        url = f"rtsp://user:secret@127.0.0.1:{mute.getsockname()[1]}/x?password=secret"
        process = start("--source", url, "--jsonl", "-")
        connection, _ = mute.accept()  # now OpenCV waits for an answer, for ten seconds
        begin = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert time.monotonic() - begin < 9  # OpenCV itself would wait for ten
        connection.close()
    assert process.returncode == code
    assert json.loads(out.splitlines()[-1])["state"] == "stopped"
    assert "rtsp://***@127.0.0.1" in out
    assert "secret" not in out + err
    assert "Traceback" not in err


def test_a_stream_that_refuses_is_tried_again_without_a_word_from_libraries(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    pytest.importorskip("cv2", reason="needs the [camera] extra")
    process = start("--source", "http://user:secret@127.0.0.1:9/x", "--jsonl", "-")
    rows = read_until(process, "reconnecting")
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")  # OpenCV and FFmpeg would write the URL there
    assert (
        rows[-1]["error"] == "http://***@127.0.0.1:9/x: no connection; check address, credentials and network"
    )
    assert "secret" not in out + json.dumps(rows)


def test_watching_goes_on_when_the_disk_is_full(
    start: Callable[..., subprocess.Popen[str]], save_greys: SaveGreys, tmp_path: Path
) -> None:
    def refuse_large_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60, 60))

    process = start(
        *("--source", save_greys([40] * 5 + [220] * 20), "--record", tmp_path / "kept"),
        *("--smooth", 0, "--fps-limit", 200),
        preexec_fn=refuse_large_files,
    )
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert err.count("\n") == 1
    assert err.startswith(f"fakelens: --record {tmp_path / 'kept'} is off: File too large; watching goes on")
    assert "25 frames checked" in out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_log_that_cannot_be_written_is_told_and_a_closed_pipe_is_the_end(
    fakelens: Fakelens, start: Callable[..., subprocess.Popen[str]], tile_model: Path, save_greys: SaveGreys
) -> None:
    done = fakelens(
        "watch", "--source", save_greys([40]), "--model", tile_model, "--jsonl", "/dev/full", fresh=True
    )
    assert done.returncode == 0
    assert done.stderr == "fakelens: --jsonl /dev/full is off: No space left on device; watching goes on\n"
    assert "1 frames checked" in done.stdout
    process = start("--source", "test:loop?width=32&height=24", "--jsonl", "-", "--interval", "0")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--resolution", "640"], "--resolution is '640', expected WxH"),
        (["--preview", "--token", "short"], "--token has 5 characters"),  # --preview alone has its default
        (["--preview", "0.0.0.0:0"], "choose a --token"),
        (["--mqtt", "http://broker"], "mqtt://"),
        (["--record", os.devnull], "--record /dev/null"),
        (["--source", ".", "--resolution", "640x480"], "--resolution asks a camera; . is none"),
        (
            ["--model", "cifake-quick", "--budget", "5"],
            "--budget is for models that look at tiles; cifake-quick",
        ),
    ],
)
def test_what_cannot_be_done_is_said_at_once(
    fakelens: Fakelens, tile_model: Path, options: list[str], reason: str
) -> None:
    for module, option in (("starlette", "--preview"), ("paho", "--mqtt")):
        if option in options:
            pytest.importorskip(module)
    done = fakelens("watch", "--source", "test:loop", "--model", tile_model, "--headless", *options)
    assert done.returncode == 2
    assert done.stdout == ""
    assert reason in done.stderr.splitlines()[-1]
    assert done.stderr.count("\n") == 1
