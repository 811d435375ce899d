"""The preview as a browser or a scraper meets it: real requests to the running server."""

import http.client
import io
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from PIL import Image

from fakelens.edge_runtime.answers.pages.words import MEANINGS
from fakelens.edge_runtime.detection.condition import Reason
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.live.preview.sink import PreviewConfig, PreviewSink
from fakelens.edge_runtime.live.status import CameraState, LiveStatus
from fakelens.edge_runtime.modelfile.contract import Decision

pytest.importorskip("starlette", reason="needs the extra preview")
pytest.importorskip("uvicorn", reason="needs the extra preview")
connections = pytest.importorskip("fakelens.edge_runtime.web.connections")

BOUNDARY = "fakelens-4f1c0a97d2b86e35"
MakeStatus = Callable[..., LiveStatus]
TOKEN = "a token, of 23 signs +&"
FREE = "127.0.0.1:0"
FRAME = Image.new("RGB", (64, 48), (200, 30, 30))


@pytest.fixture
def preview() -> Iterator[PreviewSink]:
    sink = PreviewSink(PreviewConfig(address=FREE))
    yield sink
    sink.close()


@pytest.fixture
def guarded() -> Iterator[PreviewSink]:
    """A preview that asks for a token."""
    sink = PreviewSink(PreviewConfig(address="0.0.0.0:0", token=TOKEN))
    yield sink
    sink.close()


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self) -> dict[str, object]:
        data = json.loads(self.body)
        assert isinstance(data, dict)
        return data


def port_of(sink: PreviewSink) -> int:
    return int(sink.url.rstrip("/").rpartition(":")[2])


def ask(sink: PreviewSink, path: str, **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port_of(sink), timeout=5)
    try:
        connection.request("GET", path, headers=headers)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def read_metrics(sink: PreviewSink) -> dict[str, float]:
    """Every sample by its name and labels; each line must be one of the format."""
    sample = re.compile(
        r'([a-z_]+(?:\{[a-z_]+="(?:[^"\\]|\\.)*"(?:,[a-z_]+="(?:[^"\\]|\\.)*")*\})?) (-?[\d.e+-]+)'
    )
    answer = ask(sink, "/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found: dict[str, float] = {}
    typed: set[str] = set()
    for line in answer.body.decode().splitlines():
        if line.startswith("#"):
            kind = re.fullmatch(r"# (HELP|TYPE) (\w+) .+", line)
            assert kind is not None, line
            typed.add(kind[2])
            continue
        match = sample.fullmatch(line)
        assert match is not None, line
        assert match[1].partition("{")[0] in typed
        assert match[1] not in found
        found[match[1]] = float(match[2])
    return found


class Watcher:
    """A client of the picture that reads part after part."""

    def __init__(self, sink: PreviewSink) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port_of(sink), timeout=5)
        self._connection.request("GET", "/stream.mjpg")
        self._response = self._connection.getresponse()
        assert self._response.status == 200
        assert self._response.headers["content-type"] == f"multipart/x-mixed-replace; boundary={BOUNDARY}"
        assert self._read_head() == b""

    def read_part(self) -> Image.Image:
        """The next picture, and the head of the part after it: a browser shows the picture only then."""
        return Image.open(io.BytesIO(self._read_head())).convert("RGB")

    def _read_head(self) -> bytes:
        """What stands before the next head, which is read too."""
        before, line = b"", b""
        while line != f"--{BOUNDARY}\r\n".encode():
            before += line
            line = self._response.readline()
            assert line, "the stream has ended"
        assert self._response.readline() == b"Content-Type: image/jpeg\r\n"
        assert self._response.readline() == b"\r\n"
        return before.removesuffix(b"\r\n")

    def close(self) -> None:
        self._response.close()
        self._connection.close()


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.02)


def test_the_status_is_json_with_everything_a_program_wants(
    preview: PreviewSink, make_status: MakeStatus
) -> None:
    before = ask(preview, "/status.json").json
    assert (before["state"], before["verdict"]) == ("starting", None)
    status = make_status()
    preview.update(status, FRAME)
    found = ask(preview, "/status.json").json
    assert found["time"] == status.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    expected = {"state": "running", "verdict": "fake", "p_fake": 0.9, "frame_p_fake": 0.95, "frames": 120}
    expected |= {"dropped": 3, "reconnects": 1, "fps": 12.35, "ms": 1.5, "width": 16, "height": 8}
    expected |= {"source": "0", "model": "brightness", "error": None, "paused": False, "watchers": 0}
    assert expected.items() <= found.items()
    assert found["meaning"] == MEANINGS[Label.FAKE]
    assert found["decision"] is None
    assert found["regions"] == [
        {"left": 0, "top": 0, "size": 8, "p_fake": 0.9},
        {"left": 8, "top": 0, "size": 8, "p_fake": 0.1},
    ]


def test_the_status_holds_the_borders_and_what_the_answer_means(make_status: MakeStatus) -> None:
    decision = Decision(threshold=0.5, unsure_low=0.4, unsure_high=0.7)
    sink = PreviewSink(PreviewConfig(address=FREE, decision=decision))
    sink.update(make_status(label=Label.UNSURE, reason=Reason.SMALL), FRAME)
    found = ask(sink, "/status.json").json
    assert found["decision"] == {"threshold": 0.5, "unsure_low": 0.4, "unsure_high": 0.7}
    assert found["meaning"] == f"The picture is {Reason.SMALL.text}."
    sink.close()


def test_metrics_are_in_prometheus_format(preview: PreviewSink, make_status: MakeStatus) -> None:
    read_metrics(preview)  # before the first status, too
    preview.update(make_status(source='a "b"\\c\nd'), FRAME)
    found = read_metrics(preview)
    assert found["fakelens_p_fake"] == 0.9
    assert found["fakelens_frames_total"] == 120
    assert found["fakelens_inference_seconds"] == 0.0015
    assert found['fakelens_camera_state{state="running"}'] == 1
    assert found['fakelens_camera_state{state="stalled"}'] == 0
    assert found['fakelens_verdict{verdict="fake"}'] == 1
    (about,) = (name for name in found if name.startswith("fakelens_info"))
    assert 'source="a \\"b\\"\\\\c\\nd"' in about
    preview.update(make_status(label=None, p_fake=None, inference_ms=None), None)
    assert "fakelens_p_fake" not in read_metrics(preview)  # unknown is not 0


def test_health_follows_the_camera(preview: PreviewSink, make_status: MakeStatus) -> None:
    assert ask(preview, "/healthz").status == 200
    preview.update(make_status(), FRAME)
    assert (ask(preview, "/healthz").status, ask(preview, "/healthz").body) == (200, b"ok\n")
    preview.update(make_status(state=CameraState.RECONNECTING, error="unplugged"), None)
    assert (ask(preview, "/healthz").status, ask(preview, "/healthz").body) == (503, b"reconnecting\n")


def test_the_history_holds_a_point_a_second_of_the_last_minutes(
    preview: PreviewSink, make_status: MakeStatus
) -> None:
    now = make_status().time.replace(microsecond=0)
    for back_s in range(400, 0, -1):
        for part in (0.1, 0.8):  # two frames a second: the last counts
            time_of = now - timedelta(seconds=back_s) + timedelta(seconds=part)
            preview.update(make_status(time=time_of, p_fake=part, label=Label.UNSURE), FRAME)
    preview.update(make_status(time=now, p_fake=0.25, label=Label.REAL), FRAME)
    preview.update(make_status(time=now, state=CameraState.STALLED), None)  # no frame, hence no score
    history = ask(preview, "/history.json").json
    points = history["points"]
    assert isinstance(points, list)
    seconds = [point[0] for point in points]
    assert seconds == list(range(seconds[0], int(now.timestamp()) + 1))
    assert 290 <= len(points) <= 300
    assert points[-1][1:] == [0.25, "real"]
    assert points[-2][1:] == [0.8, "unsure"]


def test_the_picture_is_streamed_and_each_one_encoded_once_for_all(
    preview: PreviewSink, make_status: MakeStatus
) -> None:
    assert ask(preview, "/frame.jpg").status == 503
    for _ in range(20):
        preview.update(make_status(), FRAME)
    assert preview.encoded == 0  # nobody watches
    watchers = [Watcher(preview) for _ in range(3)]
    for colour in [(200, 30, 30), (30, 200, 30), (30, 30, 200)]:
        preview.update(make_status(), Image.new("RGB", (64, 48), colour))
        for watcher in watchers:
            part = watcher.read_part()
            while part.getpixel((32, 24)) != pytest.approx(colour, abs=4):
                part = watcher.read_part()  # the picture before
            assert part.size == (64, 48)
    assert 3 <= preview.encoded <= 4
    assert ask(preview, "/status.json").json["watchers"] == 3
    for watcher in watchers:
        watcher.close()
    wait_until(lambda: ask(preview, "/status.json").json["watchers"] == 0)
    encoded = preview.encoded
    preview.update(make_status(), FRAME)
    time.sleep(0.2)
    assert preview.encoded == encoded  # nobody watches any more


def test_a_fast_camera_costs_no_more_with_more_watchers(
    preview: PreviewSink, make_status: MakeStatus
) -> None:
    preview.update(make_status(), FRAME)
    watchers = [Watcher(preview) for _ in range(4)]
    readers = [threading.Thread(target=read_on, args=(watcher,), daemon=True) for watcher in watchers]
    for reader in readers:
        reader.start()
    before, start = preview.encoded, time.monotonic()
    while time.monotonic() < start + 1:
        preview.update(make_status(), FRAME)
        time.sleep(0.005)
    assert 2 <= preview.encoded - before <= 20 * (time.monotonic() - start) + 2  # 20 a second


def read_on(watcher: Watcher) -> None:
    with suppress(OSError, AssertionError):  # the end of the stream
        while True:
            watcher.read_part()
    watcher.close()


def test_a_watcher_that_does_not_read_neither_delays_others_nor_fills_memory(make_status: MakeStatus) -> None:
    preview = PreviewSink(PreviewConfig(address=FREE))
    noise = Image.effect_noise((640, 480), 90).convert("RGB")  # some 200 kB as JPEG
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", port_of(preview)))
    slow.sendall(b"GET /stream.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for _ in range(40):
        preview.update(make_status(), noise)
        time.sleep(0.055)
    quick = Watcher(preview)
    start = time.monotonic()
    preview.update(make_status(), FRAME)
    while quick.read_part().size != FRAME.size:
        pass
    assert time.monotonic() - start < 5
    quick.close()
    start = time.monotonic()
    preview.close()  # with the slow one still there
    assert time.monotonic() - start < 10
    slow.settimeout(5)
    received = 0
    with suppress(ConnectionError):
        while part := slow.recv(1 << 20):
            received += len(part)
    assert received < 40 * 100_000  # it has missed most of them
    slow.close()


def test_too_many_watchers_are_turned_away(preview: PreviewSink, make_status: MakeStatus) -> None:
    preview.update(make_status(), FRAME)
    watchers = [Watcher(preview) for _ in range(8)]
    assert ask(preview, "/stream.mjpg").status == 503
    assert ask(preview, "/status.json").status == 200
    for watcher in watchers:
        watcher.close()


def test_the_page_forbids_everything_it_does_not_need(preview: PreviewSink) -> None:
    page = ask(preview, "/")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "http:" not in policy
    assert not re.search(rb"(src|href|url\()\s*=?\s*[\"']?(https?:)?//", page.body)  # no request to others
    for path in ("/", "/status.json", "/nothing"):
        headers = ask(preview, path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "", "[::2]"])
def test_a_foreign_host_header_is_refused(preview: PreviewSink, host: str) -> None:
    """A page of another site whose name was made to point at 127.0.0.1 sends its own name."""
    assert ask(preview, "/status.json", Host=host).status == 403
    assert ask(preview, "/healthz", Host=host).status == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:8080", "[::1]"])
def test_names_of_this_machine_are_accepted(preview: PreviewSink, host: str) -> None:
    assert ask(preview, "/status.json", Host=host).status == 200


def test_without_the_token_nothing_is_shown(guarded: PreviewSink, make_status: MakeStatus) -> None:
    guarded.update(make_status(), FRAME)
    for path in ("/", "/status.json", "/history.json", "/metrics", "/frame.jpg", "/stream.mjpg", "/nothing"):
        answer = ask(guarded, path)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer"), path
        assert b"brightness" not in answer.body
    assert ask(guarded, "/?token=").status == 401
    assert ask(guarded, "/?token=wrong").status == 401
    assert ask(guarded, "/", Authorization=f"Bearer {TOKEN}x").status == 401
    assert ask(guarded, "/", Authorization="Bearer").status == 401
    assert ask(guarded, "/", Cookie=f"fakelens-{port_of(guarded)}=x").status == 401
    assert ask(guarded, "/healthz").status == 200  # says yes or no, and nothing else


def test_the_token_is_accepted_in_the_address_then_as_a_cookie(guarded: PreviewSink) -> None:
    first = ask(guarded, "/?token=a%20token%2C%20of%2023%20signs%20%2B%26", Host="pi.local")
    assert first.status == 200
    cookie, *flags = first.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Lax"} <= set(flags)
    assert TOKEN not in first.headers["set-cookie"]
    assert ask(guarded, "/status.json", Cookie=f"other=1; {cookie}").status == 200
    assert "set-cookie" not in ask(guarded, "/status.json", Cookie=cookie).headers


def test_the_token_is_accepted_from_a_scraper(guarded: PreviewSink) -> None:
    assert ask(guarded, "/metrics", Authorization=f"Bearer {TOKEN}").status == 200
    assert ask(guarded, "/metrics", Authorization=f"bearer  {TOKEN}").status == 200
    assert ask(guarded, "/metrics", Authorization=f"Basic {TOKEN}").status == 401


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080", "pi.local:8080"])
def test_others_are_let_in_with_a_token_only(address: str) -> None:
    with pytest.raises(UsageError, match="--token"):
        PreviewSink(PreviewConfig(address=address))


def test_a_short_token_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 8"):
        PreviewSink(PreviewConfig(address=FREE, token="1234567"))


def test_a_port_in_use_is_one_line(preview: PreviewSink) -> None:
    with pytest.raises(UsageError, match=rf"^127\.0\.0\.1:{port_of(preview)}: port \d+ is in use") as caught:
        PreviewSink(PreviewConfig(address=f"127.0.0.1:{port_of(preview)}"))
    assert "\n" not in str(caught.value)


def test_closing_ends_every_answer_and_thread_and_frees_the_port(make_status: MakeStatus) -> None:
    before = set(threading.enumerate())
    sink = PreviewSink(PreviewConfig(address=FREE))
    sink.update(make_status(), FRAME)
    watcher = Watcher(sink)
    watcher.read_part()
    start = time.monotonic()
    sink.close()
    assert time.monotonic() - start < 10
    assert set(threading.enumerate()) == before
    watcher.close()
    again = PreviewSink(PreviewConfig(address=f"127.0.0.1:{port_of(sink)}"))
    again.close()


def test_an_update_costs_the_loop_next_to_nothing(preview: PreviewSink, make_status: MakeStatus) -> None:
    watcher = Watcher(preview)
    status, frame = make_status(), Image.effect_noise((640, 480), 90).convert("RGB")
    start = time.thread_time()
    for _ in range(20):
        frame.save(io.BytesIO(), "JPEG")
    encoding_s, start = time.thread_time() - start, time.thread_time()
    for _ in range(20):
        preview.update(status, frame)
    assert time.thread_time() - start < encoding_s / 5  # though someone watches: others encode
    watcher.close()


def test_a_missing_extra_is_one_line_with_its_remedy() -> None:
    script = (
        "import sys; sys.modules['starlette'] = None\n"
        "from fakelens.edge_runtime.live.preview.sink import PreviewConfig, PreviewSink\n"
        "PreviewSink(PreviewConfig())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].endswith(
        "MissingExtraError: this command needs starlette, which is not installed: "
        'pip install "fakelens[preview]"'
    )


def connect_silently(sink: PreviewSink) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port_of(sink)), timeout=5)


def test_silent_connections_lock_nobody_out_and_are_closed(
    preview: PreviewSink, make_status: MakeStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SILENT_S", 0.3)
    preview.update(make_status(), None)
    silent = [connect_silently(preview) for _ in range(100)]
    assert ask(preview, "/healthz").status == 200
    for connection in silent[::2]:
        with suppress(OSError):  # one of those that were closed already
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")  # and never the rest
    assert ask(preview, "/healthz").status == 200
    for connection in silent:
        with suppress(ConnectionError):
            assert connection.recv(99) == b""
        connection.close()


def test_the_limit_of_watchers_holds_in_a_burst(preview: PreviewSink, make_status: MakeStatus) -> None:
    preview.update(make_status(), Image.new("RGB", (16, 8)))
    burst = [connect_silently(preview) for _ in range(40)]
    for connection in burst:
        connection.sendall(b"GET /stream.mjpg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    answers = [connection.recv(15) for connection in burst]
    assert answers.count(b"HTTP/1.1 200 OK") == 8
    assert ask(preview, "/status.json").json["watchers"] == 8
    for connection in burst:
        connection.close()
    wait_until(lambda: ask(preview, "/status.json").json["watchers"] == 0)


def test_a_browser_without_the_token_gets_a_form(guarded: PreviewSink) -> None:
    answer = ask(guarded, "/", Accept="text/html")
    assert answer.status == 401
    assert b'<input id="token" name="token" type="password"' in answer.body
    assert "form-action 'self'" in answer.headers["content-security-policy"]


def test_the_page_is_for_everybody(
    preview: PreviewSink, make_status: MakeStatus, find_faults: Callable[..., list[str]]
) -> None:
    preview.update(make_status(label=Label.UNSURE, width=64, height=48), FRAME)
    assert find_faults(preview.url, lambda page: page.wait_for_selector("#verdict.unsure")) == []
