"""An MQTT broker that dies: `watch` goes on, says so, and tells the next one what the state is."""

import json
import random
import subprocess
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.commands import COMMAND, COMMANDS
from tests.fuzz.patience import LONGEST_S
from tests.mosquitto import MOSQUITTO, Listener, RealBroker, wait_until

_BACK_S = 60.0  # until the new broker has heard of us
_DEAD_S = 1.5  # at most


@dataclass(kw_only=True)
class DyingBroker:
    """What deaths of a broker came to."""

    name: str = "mqtt"
    tries: int = 0
    back: int = 0  # deaths after which availability and state came back
    failures: list[str] = field(default_factory=list)


def can_run_brokers() -> bool:
    """Whether there is a broker here, and what speaks to it."""
    return MOSQUITTO is not None and find_spec("paho") is not None


def kill_broker(inputs: Path, scratch: Path, tries: int, first: int = 0) -> DyingBroker:
    """Watch a test source, kill the broker `tries` times at a random moment, start another in its place."""
    found = DyingBroker(tries=tries)
    moments = random.Random(first)
    folder = scratch / f"broker-{first}"
    folder.mkdir()
    broker = RealBroker(folder, "allow_anonymous true")
    broker.start()
    log = folder / "watch.jsonl"
    model = COMMANDS["check --html"].arguments[3]
    command = [str(COMMAND), "watch", "--source", f"test:loop?images={inputs}/pictures", "--headless"]
    command += ["--model", model, "--threads", "1", "--jsonl", str(log), "--interval", "0"]
    command += ["--mqtt", f"mqtt://127.0.0.1:{broker.port}/t"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _hear_state(broker)
        for number in range(tries):
            time.sleep(moments.uniform(0, _DEAD_S))
            broker.kill()
            before = _count_lines(log)
            time.sleep(moments.uniform(0.3, _DEAD_S))
            wait_until(lambda before=before: _count_lines(log) > before, _BACK_S)  # type: ignore[misc]
            broker.start()
            _hear_state(broker)
            found.back += 1
            if process.poll() is not None:
                raise AssertionError(f"watch ended with {process.returncode} at death {number}")
    except AssertionError as error:
        found.failures.append(f"broker: {error}")
    finally:
        said = _end(process)
        broker.stop()
    if "Traceback" in said or process.returncode != 0:
        found.failures.append(f"broker: watch ended with {process.returncode}: {said[-200:]!r}")
    return found


def _end(process: subprocess.Popen[str]) -> str:
    """Ask `process` to end and return what it said; a code other than 0 where it must be made to."""
    process.terminate()
    try:
        return process.communicate(timeout=LONGEST_S)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[1]


def render_brokers(found: list[DyingBroker]) -> str:
    """Return a table in Markdown; a line where no broker was killed."""
    if not found:
        return "No broker was killed: mosquitto or the extra mqtt was not there.\n"
    rows = ["| fault | tries | state told again | failures |", "|---" * 4 + "|"]
    rows += [
        f"| broker dies under `watch --mqtt` | {each.tries} | {each.back} | {len(each.failures)} |"
        for each in found
    ]
    return "\n".join(rows) + "\n"


def _hear_state(broker: RealBroker) -> None:
    """Wait until the broker has our availability and a state."""
    listener = Listener(broker.port)
    try:
        wait_until(
            lambda: listener.latest("t/availability") == "online" and listener.latest("t/state") is not None,
            _BACK_S,
        )
        json.loads(listener.latest("t/state") or "")
    finally:
        listener.close()


def _count_lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0
