"""No credential of any URL is left in a text, and nothing else is lost."""

import pytest

from fakelens.edge_runtime.redact import redact_url


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://user:secret@camera:554/stream",
        "rtsp://secret@camera/stream",
        "rtsp://user:p@secret@camera/stream",
        "rtsp://user:pa/secret@camera/stream",
        "rtsp://user:pa#secret@camera/stream",
        "rtsp://user:pa?secret@camera:554/stream",
        "RTSP://user:secret@[fe80::1]:554/stream",
        "http://camera/video?user=secret&pwd=secret&channel=1",
        "http://camera/video?channel=1&Password=secret",
        "http://camera/video?access_token=secret#x",
        "http://camera/video?channel=1;psw=secret",
        "http://camera/video#password=secret",
        "rtsp://camera:554/user=admin_password=secret_channel=1_stream=0.sdp",
        "cannot open 'http://user:secret@camera/a' nor http://user:secret@camera/b",
    ],
)
def test_credentials_go_the_host_stays(url: str) -> None:
    shown = redact_url(url)
    assert "secret" not in shown
    assert "***" in shown
    assert "camera" in shown or "[fe80::1]:554" in shown


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "clip.mp4",
        "rtsp://camera:554/stream?channel=1",
        "http://[fe80::1]:80/photo@2x.jpg",
        "http://camera:80/photo@2x.jpg",
        "someone@example.org wrote a mail",
    ],
)
def test_what_holds_no_credentials_is_left_alone(text: str) -> None:
    assert redact_url(text) == text
