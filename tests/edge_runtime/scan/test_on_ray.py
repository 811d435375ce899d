"""A real Ray on this machine: the lines of a scan without it, though a worker is killed in the middle."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.scan.checker import CheckerSpec
from fakelens.edge_runtime.scan.on_ray import RaySpec, check_answers, open_ray
from fakelens.edge_runtime.scan.results import read_lines
from fakelens.edge_runtime.scan.run import ScanConfig, scan

COMMAND = Path(sys.executable).parent / "fakelens"


@pytest.mark.slow
def test_ray_loses_and_doubles_nothing_though_a_worker_dies(
    tmp_path: Path, model_file: Path, save_grey: Callable[[Path, int], Path]
) -> None:
    pytest.importorskip("ray", reason='needs "fakelens[ray]"')
    pytest.importorskip("pandas", reason='needs "fakelens[ray]"')
    names = [str(save_grey(tmp_path / f"{level}.png", level)) for level in range(0, 250, 10)]
    lines = [*(names * 48), str(tmp_path / "gone.png")]  # 19 batches: enough to die in the middle
    (tmp_path / "list.txt").write_text("\n".join(lines) + "\n")
    checker = CheckerSpec(model=str(model_file))
    scan(ScanConfig(inputs=[str(tmp_path / "list.txt")], output=tmp_path / "local", checker=checker))
    words = ["scan", tmp_path / "list.txt", "--model", model_file, "--allow-errors", "5"]
    on_ray = subprocess.Popen(
        [COMMAND, *words, "-o", tmp_path / "ray", "--ray", "--ray-workers", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    part = tmp_path / "ray" / "part-00000.open.jsonl"
    killed = False
    while on_ray.poll() is None and not killed:
        time.sleep(0.01)
        if part.exists() and part.stat().st_size:
            killed = kill_a_worker(on_ray.pid)
    try:
        _, said = on_ray.communicate(timeout=900)
    finally:
        on_ray.kill()
    assert on_ray.returncode == 0, said
    assert killed, "the scan was over before a worker could be killed"
    assert list(read_lines(tmp_path / "ray")) == list(read_lines(tmp_path / "local"))


def kill_a_worker(driver: int) -> bool:
    """Kill one process below `driver` that holds a checker."""
    for entry in Path("/proc").iterdir():
        try:
            if b"MapWorker" in (entry / "cmdline").read_bytes() and is_below(int(entry.name), driver):
                os.kill(int(entry.name), signal.SIGKILL)
                return True
        except (OSError, ValueError):
            continue
    return False


def is_below(process: int, driver: int) -> bool:
    while process > 1 and process != driver:
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    return process == driver


def test_what_ray_cannot_do_is_one_line(
    fakelens: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "list.txt").write_text("a.png\n")
    done = fakelens("scan", tmp_path / "list.txt", "-o", tmp_path / "out", "--ray", blocked=("ray",))
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)
    assert 'pip install "fakelens[ray]"' in done.stderr
    done = fakelens("scan", tmp_path / "list.txt", "-o", "-", "--ray", "auto")
    assert "--ray writes files: give -o DIR" in done.stderr
    with pytest.raises(
        UsageError, match=r"--ray 127\.0\.0\.1:1: no cluster answers .* begin one with `ray start"
    ):
        check_answers("127.0.0.1:1")
    done = fakelens("scan", tmp_path / "list.txt", "-o", "x", "--ray-workers", 2)
    assert "--ray-workers goes with --ray" in done.stderr


def test_a_ray_of_ones_own_that_does_not_start_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray", reason='needs "fakelens[ray]"')
    pytest.importorskip("pandas", reason='needs "fakelens[ray]"')
    (tmp_path / "file").touch()
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / "file"))
    with pytest.raises(UsageError, match=r"--ray: Ray does not start .*run the same command"):
        open_ray(RaySpec())
