"""`fakelens doctor` as a user runs it, and its checks on a made-up machine."""

import json
from pathlib import Path

from fakelens.edge_runtime.doctor.examination import examine
from fakelens.edge_runtime.doctor.health import Status
from fakelens.edge_runtime.modelfile.library import DEFAULT_MODEL
from tests.conftest import Fakelens

NAMES = ["python", "architecture", "board", "cameras", "display", "opencv", "litert", "model", "speed"]
NAMES += ["temperature", "throttling"]


def test_json_names_every_check_with_its_remedy_and_the_exit_code_follows(fakelens: Fakelens) -> None:
    done = fakelens("doctor", "--json")
    assert done.stdout.count("\n") == 1
    report = json.loads(done.stdout)
    checks = {check["name"]: check for check in report["checks"]}
    assert list(checks) == NAMES
    assert all(bool(check["remedy"]) == (check["status"] != "ok") for check in checks.values())
    assert report["healthy"] == all(check["status"] != "fail" for check in checks.values())
    assert done.returncode == (0 if report["healthy"] else 1)
    assert checks["model"]["found"].startswith(f"{DEFAULT_MODEL}, ")
    assert " ms an inference with " in checks["speed"]["found"]


def test_without_litert_it_still_runs_and_fails_with_the_remedy(fakelens: Fakelens) -> None:
    done = fakelens("doctor", blocked=("ai_edge_litert",))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    lines = done.stdout.splitlines()
    (litert,) = (row for row, line in enumerate(lines) if line.startswith("fail  litert"))
    assert "pip install --force-reinstall ai-edge-litert" in lines[litert + 1]


def test_a_made_up_pi_is_seen_through(tmp_path: Path) -> None:
    for name, text in {
        "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
        "sys/class/thermal/thermal_zone0/temp": "84500\n",
        "sys/devices/platform/soc/soc:firmware/get_throttled": "50000\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    checks = {check.name: check for check in examine(tmp_path)}
    assert checks["board"].found == "Raspberry Pi 4 Model B Rev 1.4"
    assert checks["temperature"].status is Status.FAIL
    assert checks["throttling"].status is Status.NOTE
