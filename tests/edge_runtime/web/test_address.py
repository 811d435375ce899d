"""HOST:PORT of the preview is parsed, or refused in one line."""

from urllib.parse import urlsplit

import pytest

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.web.address import (
    Address,
    is_loopback,
    listen,
    name_url_for_others,
    parse_address,
)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        ("pi.local:0", "pi.local", 0),
        ("[::1]:8080", "::1", 8080),
        ("8080", "127.0.0.1", 8080),
        (":8080", "127.0.0.1", 8080),
    ],
)
def test_what_an_address_says(text: str, host: str, port: int) -> None:
    assert parse_address(text) == Address(host=host, port=port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        "localhost:",
        "localhost:http",
        "1.2.3.4:65536",
        "::1:80",
        "a:-1",
        "http://127.0.0.1:80",
    ],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:8080|\[::1\]:8080"):
        parse_address(text)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "pi.local", "localhost.example", ""])
def test_what_others_can_reach(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("host", "reason"),
    [("192.0.2.1", "no address of this machine"), ("no.such.host.invalid", "no such host")],
)
def test_an_address_that_is_not_ours_is_one_line(host: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        listen(Address(host=host, port=8080))
    assert "\n" not in str(caught.value)


def test_other_machines_are_told_an_address_that_they_can_open() -> None:
    assert name_url_for_others("http://127.0.0.1:8080/") == "http://127.0.0.1:8080/"
    assert name_url_for_others("http://pi.local:8080/") == "http://pi.local:8080/"
    for everywhere in ("0.0.0.0", "[::]"):
        url = name_url_for_others(f"http://{everywhere}:8080/")
        host = urlsplit(url).hostname
        assert url.endswith(":8080/")
        assert host not in ("0.0.0.0", "::", "", None)


def test_a_url_is_no_ipv6_address() -> None:
    with pytest.raises(UsageError, match="is a URL; give HOST:PORT alone"):
        parse_address("http://127.0.0.1:8090")
