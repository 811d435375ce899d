"""The MQTT sink against a real mosquitto: what it keeps, what it says when we die, how it comes back."""

import json
import logging
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.live.outputs.mqtt import MqttSink
from fakelens.edge_runtime.live.status import CameraState, LiveStatus
from tests.mosquitto import MOSQUITTO, Listener, RealBroker, wait_until

mqtt = pytest.importorskip("paho.mqtt.client", reason="needs the extra mqtt")
pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="needs mosquitto: apt-get install mosquitto")

MakeStatus = Callable[..., LiveStatus]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RealBroker]:
    real = RealBroker(tmp_path, "allow_anonymous true")
    real.start()
    yield real
    real.stop()


@pytest.fixture
def listener(broker: RealBroker) -> Iterator[Listener]:
    listening = Listener(broker.port)
    yield listening
    listening.close()


def url_of(broker: RealBroker) -> str:
    return f"mqtt://127.0.0.1:{broker.port}/home/door"


def test_availability_and_state_are_kept_for_who_comes_later(
    broker: RealBroker, make_status: MakeStatus
) -> None:
    sink = MqttSink(url_of(broker))
    sink.update(make_status(), None)
    early = Listener(broker.port)
    wait_until(lambda: early.latest("home/door/availability") == "online" and bool(early.states()))
    early.close()
    late = Listener(broker.port)
    wait_until(lambda: bool(late.states()) and late.latest("home/door/availability") == "online")
    (state,) = late.states()
    expected = {"state": "running", "verdict": "fake", "p_fake": 0.9, "source": "0", "model": "brightness"}
    assert expected.items() <= state.items()
    sink.close()
    wait_until(lambda: late.latest("home/door/availability") == "offline")
    late.close()


def test_it_publishes_on_a_change_and_at_the_interval(
    broker: RealBroker, listener: Listener, make_status: MakeStatus
) -> None:
    sink = MqttSink(url_of(broker), interval_s=0.5)
    wait_until(lambda: listener.latest("home/door/availability") == "online")
    for number in range(50):  # nothing but the count changes, and no interval is over
        sink.update(make_status(frames=number), None)
    sink.update(make_status(label=Label.REAL, p_fake=0.1), None)
    sink.update(make_status(label=Label.REAL, p_fake=0.1, state=CameraState.STALLED), None)
    wait_until(lambda: len(listener.states()) == 3)
    assert [(s["verdict"], s["state"], s["frames"]) for s in listener.states()] == [
        ("fake", "running", 0),
        ("real", "running", 120),
        ("real", "stalled", 120),
    ]
    time.sleep(0.55)
    sink.update(make_status(label=Label.REAL, p_fake=0.2, state=CameraState.STALLED), None)
    wait_until(lambda: len(listener.states()) == 4)
    sink.close()


def test_home_assistant_finds_its_sensors(broker: RealBroker, listener: Listener) -> None:
    sink = MqttSink(url_of(broker))
    wait_until(lambda: listener.latest("home/door/availability") == "online")
    found = {
        topic: json.loads(text) for topic, text in listener.messages if topic.startswith("homeassistant/")
    }
    assert set(found) == {
        "homeassistant/sensor/home-door/verdict/config",
        "homeassistant/sensor/home-door/p_fake/config",
        "homeassistant/sensor/home-door/camera/config",
        "homeassistant/binary_sensor/home-door/fake/config",
    }
    for message in found.values():
        assert message["state_topic"] == "home/door/state"
        assert message["availability_topic"] == "home/door/availability"
        assert message["device"]["identifiers"] == ["home-door"]
        assert message["device"]["name"] == "home door"  # for people: no path
    assert len({message["unique_id"] for message in found.values()}) == 4
    assert found["homeassistant/sensor/home-door/verdict/config"]["options"] == ["real", "fake", "unsure"]
    sink.close()


def test_a_process_that_is_killed_is_offline_by_its_last_will(broker: RealBroker, listener: Listener) -> None:
    script = (
        "import time\n"
        "from fakelens.edge_runtime.live.outputs.mqtt import MqttSink\n"
        f"sink = MqttSink({url_of(broker)!r})\n"
        "time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", script])
    wait_until(lambda: listener.latest("home/door/availability") == "online")
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: listener.latest("home/door/availability") == "offline")


def test_a_broker_that_is_away_comes_back_to_the_latest_state(
    tmp_path: Path, make_status: MakeStatus, caplog: pytest.LogCaptureFixture
) -> None:
    broker = RealBroker(tmp_path, "allow_anonymous true")
    start = time.monotonic()
    sink = MqttSink(url_of(broker))  # not there yet
    for number in range(200):
        sink.update(make_status(frames=number, label=[Label.REAL, Label.FAKE][number % 2]), None)
    assert time.monotonic() - start < 10  # 200 statuses: none waited for it
    for number in (1, 2):  # it comes, it goes, it comes again, having forgotten everything
        broker.start()
        listener = Listener(broker.port)
        wait_until(lambda heard=listener: heard.latest("home/door/availability") == "online")
        states = listener.states()
        assert [state["frames"] for state in states] == [199 if number == 1 else 1000]
        listener.close()
        broker.stop()
        sink.update(make_status(frames=1000, state=CameraState.STALLED), None)
    start = time.monotonic()
    sink.close()
    assert time.monotonic() - start < 10
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert any("no MQTT broker at 127.0.0.1" in warning and "refused" in warning for warning in warnings)


def test_credentials_are_used_and_never_logged(
    tmp_path: Path, make_status: MakeStatus, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    subprocess.run(["mosquitto_passwd", "-b", passwords, "eve", "p@ss/word"], check=True, capture_output=True)
    broker = RealBroker(tmp_path, "allow_anonymous false", f"password_file {passwords}")
    broker.start()
    wrong = MqttSink(f"mqtt://eve:secret-guess@127.0.0.1:{broker.port}/x")
    wait_until(lambda: any("refuses: Not authorized" in record.getMessage() for record in caplog.records))
    right = MqttSink(f"mqtt://eve:p%40ss%2Fword@127.0.0.1:{broker.port}/x")
    right.update(make_status(), None)
    listener = Listener(broker.port, "eve", "p@ss/word")
    wait_until(lambda: bool(listener.states()))
    for used in (listener, wrong, right):
        used.close()
    broker.stop()
    logged = "\n".join(record.getMessage() for record in caplog.records)
    for secret in ("secret-guess", "p@ss", "p%40ss", "eve"):
        assert secret not in logged


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl, to make a certificate")
def test_mqtts_checks_the_certificate(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    make += [
        "-addext",
        "subjectAltName=DNS:localhost,IP:127.0.0.1",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    subprocess.run(make, check=True, capture_output=True)
    broker = RealBroker(tmp_path, "allow_anonymous true", f"certfile {certificate}", f"keyfile {key}")
    broker.start()
    stranger = MqttSink(f"mqtts://127.0.0.1:{broker.port}/x")
    wait_until(lambda: any("certificate verify failed" in record.getMessage() for record in caplog.records))
    stranger.close()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    caplog.clear()
    caplog.set_level(logging.INFO)
    sink = MqttSink(f"mqtts://127.0.0.1:{broker.port}/x")
    wait_until(lambda: any("connected to" in record.getMessage() for record in caplog.records))
    sink.close()
    broker.stop()


def test_closing_leaves_no_thread(broker: RealBroker) -> None:
    before = set(threading.enumerate())
    sink = MqttSink(url_of(broker))
    sink.close()  # while connecting
    wait_until(lambda: set(threading.enumerate()) == before)
