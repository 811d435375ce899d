"""Discovery messages over MQTT, by which Home Assistant learns of the sensors.

https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery, one retained message a sensor, which all its
releases understand.
"""

import json
import re
from importlib.metadata import version

from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.live.status import CameraState

Entity = dict[str, str | int | list[str]]

# Home Assistant takes the text "None", which is what its templates make of null, for `unknown`.
_ENTITIES: dict[tuple[str, str], Entity] = {
    ("sensor", "verdict"): {
        "name": "Verdict",
        "icon": "mdi:image-search",
        "device_class": "enum",
        "options": [str(label) for label in Label],
        "value_template": "{{ value_json.verdict }}",
    },
    ("sensor", "p_fake"): {
        "name": "P(fake)",
        "icon": "mdi:gauge",
        "unit_of_measurement": "%",
        "state_class": "measurement",
        "suggested_display_precision": 0,
        "value_template": "{{ None if value_json.p_fake is none else (value_json.p_fake * 100) | round(1) }}",
    },
    ("sensor", "camera"): {
        "name": "Camera",
        "icon": "mdi:camera",
        "device_class": "enum",
        "entity_category": "diagnostic",
        "options": [str(state) for state in CameraState],
        "value_template": "{{ value_json.state }}",
    },
    ("binary_sensor", "fake"): {
        "name": "Fake",
        "device_class": "problem",
        "payload_on": str(Label.FAKE),
        # Anything else that is known is no alarm: unsure too.
        "payload_off": "no",
        "value_template": "{{ None if value_json.verdict is none else "
        "'fake' if value_json.verdict == 'fake' else 'no' }}",
    },
}


def describe_sensors(prefix: str, availability: str, state: str) -> dict[str, str]:
    """Return the discovery messages by topic, for sensors that read JSON from the topic `state`."""
    node = re.sub(r"[^A-Za-z0-9_-]+", "-", prefix).strip("-")
    about = {
        "availability_topic": availability,
        "state_topic": state,
        "device": {
            "identifiers": [node],
            "name": re.sub(r"[/_]+", " ", prefix).strip(),  # shown to people
            "manufacturer": "fakelens",
            "model": "live checker",
            "sw_version": version("fakelens"),
        },
        "origin": {"name": "fakelens", "sw_version": version("fakelens")},
    }
    return {
        f"homeassistant/{kind}/{node}/{name}/config": json.dumps(
            {**about, **entity, "unique_id": f"{node}-{name}", "object_id": f"{node}-{name}"}
        )
        for (kind, name), entity in _ENTITIES.items()
    }
