"""A URL that can never be connected to is a usage error, and one of a file is that file."""

from pathlib import Path

import pytest

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.live.sources.url import check_stream_url, find_named_file, find_rare_scheme


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://cam/x",
        "http://[::1]:80/",
        "rtsp://user:p/ss@cam/x",  # as cameras' passwords are
        "udp://@:1234",
        "rtp://:5004",
        "tcp://127.0.0.1:9?listen",
        "srt://cam:9000",
        "mmsh://a/b",
    ],
)
def test_what_may_be_connected_to_stays_as_it_is(url: str) -> None:
    assert check_stream_url(url) == url


def test_the_scheme_comes_in_small_letters() -> None:
    assert check_stream_url("RTSP://Cam/X") == "rtsp://Cam/X"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (
            "rstp://user:secret@cam/x",
            r"rstp://\*\*\*@cam/x: no .* scheme rstp://; did you mean rtsp://\? There are",
        ),
        ("htps://cam", r"did you mean https://\?"),
        ("flie:///a", r"did you mean file://\?"),
        (
            "foo://bar",
            "no stream has the scheme foo://; there are rtsp://, rtsps://, http://, .* file:// for",
        ),
        ("http://", "names no host; write http://HOST/PATH"),
        ("rtsp://user:secret@/x", "names no host"),
        ("http://:80", "names no host"),
        ("udp://", "names no host"),
        ("http://[::1", "is no URL"),
    ],
)
def test_what_can_never_work_is_refused_with_the_remedy(url: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as error:
        check_stream_url(url)
    assert "secret" not in str(error.value)


def test_a_file_may_be_named_by_its_url() -> None:
    assert find_named_file("file:///a%20b/c.mp4") == Path("/a b/c.mp4")
    assert find_named_file("FILE://localhost/a") == Path("/a")
    assert find_named_file("rtsp://a/b") is None
    assert find_named_file("clip.mp4") is None
    for url in ("file://", "file://elsewhere/a"):
        with pytest.raises(UsageError, match="no file of this machine; write file:///PATH"):
            find_named_file(url)


def test_protocols_that_not_every_opencv_has_are_named() -> None:
    assert find_rare_scheme("SRT://cam:9000") == "srt"
    assert find_rare_scheme("rtsp://cam/1") is None
