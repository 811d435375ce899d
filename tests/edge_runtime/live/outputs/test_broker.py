"""URLs of MQTT brokers, right and wrong."""

import socket

import pytest

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.live.outputs.broker import Broker, parse_broker


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mqtt://pi.local", Broker(host="pi.local", port=1883, tls=False, prefix="")),
        ("mqtts://pi.local/", Broker(host="pi.local", port=8883, tls=True, prefix="")),
        ("mqtt://h:99/a/b/", Broker(host="h", port=99, tls=False, prefix="a/b")),
        (
            "mqtt://u%40x:p%3Aw%2F@[::1]:1/a",
            Broker(host="::1", port=1, tls=False, prefix="a", user="u@x", password="p:w/"),
        ),
    ],
)
def test_what_a_url_says(url: str, expected: Broker) -> None:
    found = parse_broker(url)
    default = f"fakelens/{socket.gethostname()}"
    assert found == Broker(
        host=expected.host,
        port=expected.port,
        tls=expected.tls,
        prefix=expected.prefix or default,
        user=expected.user,
        password=expected.password,
    )
    assert "p:w/" not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        "pi.local:1883",
        "http://eve:secret@pi.local",
        "mqtt://eve:secret@",
        "mqtt://eve:secret@pi.local:port",
        "mqtt://eve:secret@pi.local:70000",
        "mqtt://eve:secret@pi.local/a/+/b",
        "mqtt://eve:secret@pi.local/a?b=secret",
        "mqtt://eve:sec/ret@pi.local",
    ],
)
def test_a_wrong_url_is_one_line_without_its_credentials(url: str) -> None:
    with pytest.raises(UsageError, match=r"^--mqtt: ") as caught:
        parse_broker(url)
    for secret in ("secret", "sec/ret", "eve"):
        assert secret not in str(caught.value)
    assert "\n" not in str(caught.value)
