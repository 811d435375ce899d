"""The server as a program meets it: real requests, good ones and bad ones."""

import hashlib
import http.client
import io
import re
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from PIL import Image

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.serve.answer import to_row
from fakelens.edge_runtime.serve.limits import Limits
from tests.edge_runtime.serve.conftest import BOUNDARY, Client, Reply, Serve, make_form, make_picture

schemathesis = pytest.importorskip("schemathesis", reason="needs the extra dev")
accepts_all = pytest.importorskip("schemathesis.specs.openapi.checks").positive_data_acceptance
FORM = f'multipart/form-data; boundary="{BOUNDARY}"'
DARK, BRIGHT = make_picture(20), make_picture(240)


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.02)


def test_the_answer_is_the_row_of_check(serve: Serve, model_file: Path, tmp_path: Path) -> None:
    client, detector = serve(), Detector(model_file)
    for name, content in [("a b.png", BRIGHT), ("d.jpg", make_picture(130, kind="JPEG")), ("x.txt", b"text")]:
        path = tmp_path / name
        path.write_bytes(content)
        row = to_row(detector.check_file(path, name)).replace(str(tmp_path / name), name)
        answer = client.post([(f"folder/{name}", content)])
        assert answer.headers["content-type"] == "application/json"
        assert answer.status == (422 if name == "x.txt" else 200)
        said, expected = answer.lines[0], Reply(status=0, headers={}, body=row.encode()).json
        assert said | {"ms": 0, "error": ""} == expected | {"ms": 0, "error": ""}
    bare = client.ask("POST", "/check?name=d.png", BRIGHT, Content_Type="image/png").json
    assert (bare["path"], bare["verdict"]) == ("d.png", "fake")
    assert client.ask("POST", "/check", BRIGHT).json["path"] == "-"


def test_several_files_get_a_row_each_in_their_order(serve: Serve) -> None:
    files = [("1", DARK), ("2", BRIGHT), ("../3", b"no picture"), ("C:\\4", DARK)]
    answer = serve().post(files)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/x-ndjson")
    assert [(row["path"], row["verdict"]) for row in answer.lines] == [
        ("1", "real"),
        ("2", "fake"),
        ("3", None),
        ("4", "real"),
    ]


@pytest.mark.parametrize(
    ("body", "kind", "status", "said"),
    [
        (b"no picture", "image/jpeg", 422, "not an image"),
        (b"", "image/jpeg", 422, "empty"),
        (BRIGHT[:50], "image/png", 422, "damaged or incomplete"),
        (make_picture(0, (2000, 2000)), "image/png", 422, "over the limit of 1 megapixels"),
        (b"{}", "application/json", 415, "application/json holds no pictures: send a form"),
        (BRIGHT, "application/x-www-form-urlencoded", 415, "curl -F file=@photo.jpg"),
        (b"\0" * 1_000_001, "image/png", 413, "over the limit of 1 MB"),
        (b"x", "multipart/form-data", 400, "Missing boundary"),
        (b"x", FORM, 400, "not a form with files"),
        (make_form([]), FORM, 400, "without a file"),
        (make_form([("", b"")]), FORM, 400, "without a file"),
        (make_form([("1", DARK)])[:-30], FORM, 400, "the upload ended early"),
        (make_form([("1", DARK)])[:-5], FORM, 400, "the upload ended early"),
        (make_form([("1", DARK)]).replace(b'; filename="1"', b""), FORM, 400, "'file' is text, no file"),
        (make_form([(str(n), DARK) for n in range(9)]), FORM, 413, "more than 8 files"),
        (
            make_form([(r"\ud800.jpg", DARK)]),
            f"{FORM}; charset=unicode_escape",
            415,
            "names in a form are UTF-8",
        ),
        (make_form([("1", DARK)]), f"{FORM}; charset=undefined", 415, "names in a form are UTF-8"),
    ],
    ids=range(17),
)
def test_bad_input_is_one_clear_line(
    serve: Serve, body: bytes, kind: str, status: int, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = serve(max_mb=1, max_megapixels=1, queue=8)
    for sent in (body, iter([body])):  # the second without a length
        answer = client.ask("POST", "/check", sent, Content_Type=kind)
        assert answer.status == status
        assert any(each in answer.json["error"] for each in said.split("|")), answer.json
        assert "\n" not in answer.json["error"]
    assert client.ask("POST", "/check", BRIGHT).status == 200
    assert client.read_metric("fakelens_held_bytes") == 0
    assert caplog.messages == []  # what a client sends writes nothing into the server's log


def test_who_sends_all_of_too_large_a_picture_first_reads_the_refusal(serve: Serve) -> None:
    client = serve(max_mb=20)
    body = bytes(31_000_000)
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=30)
    try:
        connection.request("POST", "/check", body, {"Content-Type": "image/jpeg"})
        answer = connection.getresponse()
        assert answer.status == 413
        assert b"over the limit of 20 MB" in answer.read()
    finally:
        connection.close()


def test_what_does_not_exist_is_said(serve: Serve) -> None:
    client = serve()
    assert "there are /, /check" in client.get("/nothing").json["error"]
    wrong = client.get("/check")
    assert (wrong.status, wrong.headers["allow"]) == (405, "POST")
    assert client.post([("1", DARK)], "/check?heat=1").json["error"].startswith("no parameter 'heat'")
    assert "png is the only kind" in client.post([("1", DARK)], "/check?heatmap=jpg").json["error"]
    assert "brightness has no heat map" in client.post([("1", DARK)], "/check?heatmap=png").json["error"]


def test_a_heat_map_comes_with_the_row_or_alone(serve: Serve, pack_tile_model: Callable[..., Path]) -> None:
    client = serve(pack_tile_model(4))
    picture = make_picture(240, (32, 24))
    row = client.post([("1", picture)], "/check?heatmap=png").json
    assert row["grid"][0]["size"] == 8
    assert row["heatmap"].startswith("data:image/png;base64,")
    alone = client.post([("1", picture)], "/check?heatmap=png", Accept="image/png")
    assert alone.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(alone.body)).width == 32
    assert "heatmap" not in client.post([("1", picture)]).json
    assert client.post([("1", b"none")], "/check?heatmap=png", Accept="image/png").status == 422


def test_a_video_is_checked_and_an_animation(serve: Serve, tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2", reason="needs the extra camera")
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    for level in (200, 240, 220):
        writer.write(np.full((48, 64, 3), level, np.uint8))
    writer.release()
    client = serve()
    row = client.post([("clip.avi", path.read_bytes())]).json
    assert (row["path"], row["verdict"], len(row["moments"])) == ("clip.avi", "fake", 3)
    cut = client.post([("clip.avi", path.read_bytes()[:200])]).json
    assert cut["error"].startswith("clip.avi: not a video")


def test_nothing_is_written_to_disk(serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    client = serve(workers=1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))  # a temporary file would fail
    large = make_picture(240, (1200, 900), "BMP")
    assert len(large) > 3_000_000
    assert client.post([("large.bmp", large), ("again.bmp", large)]).status == 200


def test_more_than_may_wait_are_turned_away_for_a_while(serve: Serve) -> None:
    client = serve(workers=1, queue=2)
    picture = make_picture(240, (1500, 1500))
    replies: list[Reply] = []
    senders = [
        threading.Thread(target=lambda: replies.append(client.post([("1", picture)]))) for _ in range(8)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    statuses = [reply.status for reply in replies]
    assert set(statuses) == {200, 429}
    busy = next(reply for reply in replies if reply.status == 429)
    assert 1 <= int(busy.headers["retry-after"]) <= 60
    assert "try again in" in busy.json["error"]
    assert client.post([("1", picture)]).status == 200  # there is room again
    wait_until(lambda: client.read_metric("fakelens_waiting_pictures") == 0)


def open_slow(client: Client, kind: str = "image/png") -> socket.socket:
    """Begin to send a picture."""
    slow = socket.create_connection(("127.0.0.1", client.port))
    head = (
        f"POST /check HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: 500000\r\n\r\n"
    )
    slow.sendall(head.encode() + b"\x89PNG" + b"\0" * 100_000)
    return slow


def test_a_client_that_stops_in_the_middle_leaves_nothing_behind(serve: Serve) -> None:
    client = serve()
    slow = open_slow(client)
    wait_until(lambda: client.read_metric("fakelens_held_bytes") > 90_000)
    slow.close()
    wait_until(lambda: client.read_metric("fakelens_held_bytes") == 0)
    wait_until(lambda: 'requests_total{status="499"} 1' in client.get("/metrics").body.decode())


def test_a_silent_client_is_told_so(serve: Serve) -> None:
    client = serve(idle_s=0.2)
    slow = open_slow(client)
    slow.settimeout(10)
    answer = b""
    while b"send the picture again" not in answer:
        answer += slow.recv(4096)
    assert answer.startswith(b"HTTP/1.1 408")
    assert client.read_metric("fakelens_held_bytes") == 0
    slow.close()


def test_an_answer_that_takes_too_long_is_given_up(serve: Serve) -> None:
    client = serve(timeout_s=0.001)
    late = client.post([("1", make_picture(240, (1500, 1500)))])
    assert late.status == 503
    assert "--timeout" in late.json["error"]


def test_other_sites_and_strangers_are_kept_out(serve: Serve) -> None:
    client = serve()
    for headers in ({"Origin": "http://evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
        refused = client.post([("1", DARK)], **headers)
        assert (refused.status, refused.json["error"]) == (
            403,
            "sent by a page of another site: not accepted",
        )
        readable = client.post([("1", DARK)], Accept="text/html", **headers)
        assert (readable.status, readable.body) == (403, b"sent by a page of another site: not accepted\n")
    for headers in ({"Origin": f"http://127.0.0.1:{client.port}"}, {"Sec_Fetch_Site": "none"}):
        assert client.post([("1", DARK)], **headers).status == 200
    stranger = client.post([("1", DARK)], Host="evil.example")
    assert (stranger.status, stranger.json["error"][:17]) == (403, "wrong Host header")
    guarded = serve(token="a long token")
    unnamed = guarded.post([("1", DARK)])
    assert (unnamed.status, unnamed.headers["www-authenticate"]) == (401, "Bearer")
    assert unnamed.json["error"].startswith("this page needs its token: send Authorization: Bearer")
    assert guarded.post([("1", DARK)], Authorization="Bearer a long token").status == 200
    assert guarded.get("/healthz").body == b"ok\n"


@pytest.mark.parametrize("origin", ["http://[", "http://]x", "null", "x"])
def test_an_origin_that_is_no_address_is_foreign(
    serve: Serve, origin: str, caplog: pytest.LogCaptureFixture
) -> None:
    refused = serve().post([("1", DARK)], Origin=origin)
    assert (refused.status, refused.json["error"]) == (403, "sent by a page of another site: not accepted")
    assert caplog.messages == []


@pytest.mark.parametrize("others", ["a/b=1; a@b=2; ", "(; ;=; ", 'x="\\001"; '])
def test_cookies_of_other_programs_on_this_host_do_no_harm(
    serve: Serve, others: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = serve(token="a long token")
    cookie = client.get("/?token=a+long+token").headers["set-cookie"].partition(";")[0]
    assert client.get("/", Cookie=f"{others}{cookie}").status == 200
    assert client.get("/", Cookie=f"{others}{cookie[:-1]}").status == 401
    assert caplog.messages == []


def test_thirty_two_clients_are_served_beside_a_slow_one(serve: Serve) -> None:
    client = serve(max_mb=1)
    slow = open_slow(client)
    pictures = [(f"{level}", make_picture(level)) for level in (10, 250)]
    wrong: list[object] = []

    def send() -> None:
        for _ in range(3):
            answer = client.post(pictures)
            if answer.status != 200 or [row["verdict"] for row in answer.lines] != ["real", "fake"]:
                wrong.append(answer)

    clients = [threading.Thread(target=send) for _ in range(32)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    assert wrong == []
    slow.sendall(b"\0" * 399_996)
    assert slow.recv(4096).startswith(b"HTTP/1.1 422")  # it was heard to the end
    slow.close()
    text = client.get("/metrics").body.decode()
    assert 'fakelens_pictures_total{verdict="fake"} 96.0' in text
    assert 'fakelens_request_seconds_bucket{le="+Inf"} 97' in text


@pytest.mark.parametrize("path", ["/check", "/healthz", "/metrics", "/openapi.json"])
def test_the_description_holds(serve: Serve, path: str) -> None:
    """Whatever fits the description, and what does not, gets an answer that the description names."""
    client = serve(max_mb=1, queue=8)
    schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json)
    (operation,) = (each.ok() for each in schema.get_all_operations() if each.ok().path == path)

    @given(operation.as_strategy())
    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def call(case: Any) -> None:
        # Bytes of any kind fit the description, and most are no picture.
        case.call_and_validate(base_url=f"http://127.0.0.1:{client.port}", excluded_checks=[accepts_all])

    call()


def test_the_limits_are_those_that_the_description_names(serve: Serve) -> None:
    said = serve(max_mb=3).get("/openapi.json").json
    assert "At most 3 MB" in said["paths"]["/check"]["post"]["description"]
    assert Limits(max_mb=3).max_bytes == 3_000_000


def test_the_page_and_its_cards_are_those_of_check(serve: Serve) -> None:
    client = serve()
    page = client.get("/")
    assert page.status == 200
    policy = page.headers["content-security-policy"]
    assert "script-src 'sha256-" in policy
    assert "style-src-attr 'unsafe-inline'" in policy
    assert not re.search(rb"(src|href|url\()\s*=?\s*[\"']?(https?:)?//", page.body)  # no request to others
    name = "<b>x.png"
    cards = client.post([(name, make_picture(240, (400, 300))), ("none.jpg", b"none")], Accept="text/html")
    text = cards.body.decode()
    assert cards.headers["content-type"] == "text/html; charset=utf-8"
    assert re.findall(r'<article class="card" data-label="(\w+)">', text) == ["fake", "unreadable"]
    assert "<b>x" not in text
    assert "400 \u00d7 300 px" in text
    assert "none.jpg: not an image" in text
    assert len(re.findall("sha256</dt>", text)) == 1


def test_a_file_of_the_server_is_no_fact_of_an_upload(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"what nobody may learn of")
    client = serve()
    text = client.post([("secret.png", BRIGHT)], Accept="text/html").body.decode()
    assert hashlib.sha256(BRIGHT).hexdigest() in text
    assert hashlib.sha256(secret.read_bytes()).hexdigest() not in text


def test_without_scripts_the_form_brings_the_page_with_the_cards(serve: Serve) -> None:
    client = serve(max_mb=1)
    page = client.post([("1.png", BRIGHT)], "/")
    assert (page.status, b'data-label="fake"' in page.body) == (200, True)
    large = client.post([("1.png", b"\0" * 1_000_001)], "/")
    assert (large.status, b"over the limit of 1 MB" in large.body) == (413, True)
    assert client.get("/manifest.json").json["share_target"]["action"] == "/"
    assert client.get("/icon.svg").headers["content-type"].startswith("image/svg+xml")


def test_the_page_and_its_cards_are_for_everybody(
    serve: Serve, tmp_path: Path, find_faults: Callable[..., list[str]]
) -> None:
    """With a card of each kind on it."""
    chosen = {"a.png": BRIGHT, "b.png": DARK, "c.png": make_picture(128), "d.jpg": b"none"}
    for name, content in chosen.items():
        (tmp_path / name).write_bytes(content)

    def check(page: Any) -> None:
        page.set_input_files("input[name=file]", [str(tmp_path / name) for name in chosen])
        page.get_by_text("4 checked", exact=True).wait_for()

    assert find_faults(f"http://127.0.0.1:{serve().port}/", check) == []
