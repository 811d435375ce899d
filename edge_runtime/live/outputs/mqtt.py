"""The live checker over MQTT: retained availability and state, and sensors for Home Assistant."""

import json
import logging
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from PIL import Image

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.live.outputs.broker import Broker, parse_broker
from fakelens.edge_runtime.live.outputs.homeassistant import describe_sensors
from fakelens.edge_runtime.live.status import LiveStatus
from fakelens.edge_runtime.live.status_row import make_row

if TYPE_CHECKING:
    from paho.mqtt.client import Client
    from paho.mqtt.reasoncodes import ReasonCode

_KEEPALIVE_S = 30  # the broker tells others that we are gone after one and a half of it
_RETRY_S = 1, 60  # from the first to the longest pause between attempts to connect
_FAREWELL_S = 2.0  # to deliver the last message, and for a connection that hangs
_LOG = logging.getLogger(__name__)


class MqttSink:
    """A `LiveSink` that publishes to `<prefix>/state` (JSON) and `<prefix>/availability`, both retained.

    Never blocks the loop and never fails for a broker that is away: paho's thread connects, and connects
    again. What could not be sent is not queued; on connecting the latest state goes out.
    """

    def __init__(self, url: str, interval_s: float = 10.0) -> None:
        """Start to connect; publishes on each change and every `interval_s`. `UsageError` for a wrong URL."""
        require_extra("mqtt", "paho.mqtt")
        self._broker = parse_broker(url)
        self._state, self._availability = (f"{self._broker.prefix}/{it}" for it in ("state", "availability"))
        self._interval_s = interval_s
        self._lock = threading.Lock()
        self._latest: str | None = None  # the newest state, sent or not
        self._key: tuple[object, ...] | None = None
        self._due = 0.0
        self._refusal: str | None = None
        self._closing = False
        self._client = self._connect(self._broker)

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:  # noqa: ARG002 (a LiveSink)
        """Publish `status` where verdict, camera or error changed, or the interval is over."""
        now, key = time.monotonic(), (status.state, status.label, status.error, status.paused)
        if key == self._key and now < self._due:
            return
        self._key, self._due = key, now + self._interval_s
        text = json.dumps(make_row(status))
        with self._lock:  # against _greet: the older of two states must not be the one that stays
            self._latest = text
            if self._client.is_connected():
                self._client.publish(self._state, text, retain=True)

    def close(self) -> None:
        """Say goodbye, where there is a connection, and end paho's thread."""
        self._closing = True
        if self._client.is_connected():
            farewell = self._client.publish(self._availability, "offline", qos=1, retain=True)
            try:
                farewell.wait_for_publish(_FAREWELL_S)
            except (RuntimeError, ValueError) as error:  # the connection broke just now
                _LOG.debug("no goodbye: %s", error)
        self._client.disconnect()
        # A thread that is still connecting may hang for the system's time-out: it is a daemon, so let it.
        ending = threading.Thread(target=self._client.loop_stop, daemon=True)
        ending.start()
        ending.join(_FAREWELL_S)

    def _connect(self, broker: Broker) -> "Client":
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        client = Client(CallbackAPIVersion.VERSION2)
        if broker.user is not None:
            client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            client.tls_set()  # the system's authorities; $SSL_CERT_FILE names another
        client.will_set(self._availability, "offline", qos=1, retain=True)
        client.reconnect_delay_set(*_RETRY_S)
        client.on_connect = self._greet
        client.on_connect_fail = self._regret
        client.on_disconnect = self._part
        try:
            client.connect_async(broker.host, broker.port, _KEEPALIVE_S)
        except ValueError as error:
            raise UsageError(f"--mqtt: {error}") from error
        client.loop_start()
        return client

    def _greet(self, client: "Client", _data: Any, _flags: Any, reason: "ReasonCode", _more: Any) -> None:
        """Announce sensors, presence and the latest state, after each connection that was made."""
        where = f"{self._broker.host}:{self._broker.port}"
        if reason.is_failure:
            self._tell(f"the MQTT broker {where} refuses: {reason}; trying again")
            return
        self._refusal = None
        _LOG.info("connected to the MQTT broker %s", where)
        for topic, text in describe_sensors(self._broker.prefix, self._availability, self._state).items():
            client.publish(topic, text, qos=1, retain=True)
        with self._lock:
            if self._latest is not None:
                client.publish(self._state, self._latest, retain=True)
        client.publish(self._availability, "online", qos=1, retain=True)

    def _regret(self, _client: "Client", _data: Any) -> None:
        error = sys.exc_info()[1]  # paho calls from where it caught it, and does not hand it over
        reason = f" ({error})" if error else ""
        self._tell(f"no MQTT broker at {self._broker.host}:{self._broker.port}{reason}; trying again")

    def _part(self, _client: "Client", _data: Any, _flags: Any, reason: "ReasonCode", _more: Any) -> None:
        if reason.is_failure and not self._closing:
            where = f"{self._broker.host}:{self._broker.port}"
            self._tell(f"the connection to the MQTT broker {where} broke: {reason}; trying again")

    def _tell(self, text: str) -> None:
        """Log `text` once, not at every attempt."""
        if text != self._refusal:
            self._refusal = text
            _LOG.warning("%s", text)
