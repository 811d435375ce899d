"""Two processes train the weights that one trains with the same batches; a loss ends in one line."""

import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from fakelens.train.data.epoch import EpochPlan
from fakelens.train.distributed import SOLO, EpochSpec, Team, plan_shares, tell_loss
from fakelens.train.fit.checkpoint import load_state
from fakelens.train.settings import load_config
from tests.conftest import Fakelens
from tests.train.conftest import write_images

COMMAND = Path(sys.executable).parent / "fakelens"
SETTINGS = {
    "name": "tiny",
    "data.size": 16,
    "data.validation": 0.25,
    "network.name": "residual",
    "network.stages": [8],
    "fit.epochs": 2,
    "fit.batch_size": 16,
    "fit.norm_momentum": 0.9,  # all that would follow the data is said, for both
    "fit.patience": 0,
    "fit.repeats": 1,
    "fit.precision": "float32",
    "fit.skip_easy": 0.3,
}


def test_shares_cover_all_images_and_agree_on_the_steps() -> None:
    losses = np.full(50, np.inf, np.float32)
    spec = EpochSpec(batch_size=10, skip_easy=0.0, repeats=1)
    both = Team(count=2, here=(0, 1))
    images = np.random.default_rng(0).integers(0, 256, (50, 4, 4, 3), np.uint8)
    shares = both.split(images)
    assert 0 < shares.sum() < 50

    def plan(team: Team) -> list[EpochPlan]:
        generators = [np.random.default_rng([7, share]) for share in range(team.count)]
        return plan_shares(team, shares if team.count > 1 else shares * 0, losses, spec, generators)

    together = plan(both)
    assert [each.rows.shape[1] for each in together] == [5, 5]
    assert len({len(each.rows) for each in together}) == 1
    assert set(np.concatenate([each.rows.ravel() for each in together])) == set(range(50))
    for index, own in enumerate(together):  # what a process of its own would do
        (alone,) = plan(Team(count=2, here=(index,)))
        assert (alone.rows == own.rows).all()
        assert (shares[own.rows] == index).all()
    assert set(plan(SOLO)[0].rows.ravel()) == set(range(50))


def test_who_is_lost_is_read_from_what_tensorflow_says() -> None:
    lost = (
        "Collective ops is aborted by: Error reported from /job:worker/task:1: The following tasks are "
        "unhealthy (stopped sending heartbeats):\n/job:worker/replica:0/task:1\nThe tasks have crashed."
    )
    assert tell_loss(lost) == "worker 1"
    assert tell_loss("Failed to send RPC to coordination service.") == "another worker"
    assert tell_loss("OOM when allocating tensor") is None


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_images(tmp_path / "data" / "real", 60, 100, 1)
    write_images(tmp_path / "data" / "fake", 60, 150, 2)
    return tmp_path / "data"


def free_addresses(count: int) -> str:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = ",".join(f"127.0.0.1:{each.getsockname()[1]}" for each in sockets)
    for each in sockets:
        each.close()
    return addresses


def start(arguments: Sequence[object], addresses: str, index: int) -> "subprocess.Popen[str]":
    command = [COMMAND, "train", *arguments, "--workers", addresses, "--index", index]
    return subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_a_worker_that_never_comes_is_named_and_the_same_command_begins_again(
    data: Path, tmp_path: Path, fakelens: Fakelens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CONFIG", "is put back")
    monkeypatch.delenv("TF_CONFIG")
    first, second = free_addresses(2).split(",")
    options = ["--workers", f"{first},{second}", "--index", "0", "--wait", "1", "--network", "classic"]
    for _ in range(2):
        done = fakelens("train", data, "-o", tmp_path / "run", *options)
        assert done.returncode == 2
        said = done.stderr.splitlines()[-1]
        assert said.startswith(f"fakelens: worker 1 ({second}) did not come; begin all of them with the same")
        assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_two_processes_train_the_weights_of_one(data: Path, tmp_path: Path) -> None:
    from fakelens.train.run.job import open_job
    from fakelens.train.run.trainer import run_job

    options = [word for key, value in SETTINGS.items() for word in ("--set", f"{key}={value}")]
    addresses = free_addresses(2)
    processes = [start([data, "-o", tmp_path / "two", *options], addresses, index) for index in (0, 1)]
    said = [process.communicate(timeout=900)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert "worker 1 is done" in said[1]
    run_job(open_job(data, tmp_path / "one", load_config(None, SETTINGS)), Team(count=2, here=(0, 1)))
    with (
        np.load(tmp_path / "one/checkpoints/float.npz") as one,
        np.load(tmp_path / "two/checkpoints/float.npz") as two,
    ):
        names = [name for name in one.files if name.startswith("weights")]
        assert len(names) > 10
        furthest = max(float(np.abs(one[name] - two[name]).max()) for name in names)
    assert furthest < 1e-4


@pytest.mark.slow
@pytest.mark.long
def test_a_lost_worker_ends_the_others_and_the_run_goes_on(data: Path, tmp_path: Path) -> None:
    options = [word for key, value in SETTINGS.items() for word in ("--set", f"{key}={value}")]
    options += ["--epochs", "200", "--set", "fit.patience=0"]
    addresses = free_addresses(2)
    chief, other = (start([data, "-o", tmp_path / "run", *options], addresses, index) for index in (0, 1))
    checkpoint = tmp_path / "run/checkpoints/float.npz"
    while chief.poll() is None and not checkpoint.exists():
        time.sleep(0.1)
    other.kill()
    said = chief.communicate(timeout=900)[0]
    assert chief.returncode == 2, said
    last = said.splitlines()[-1]
    assert last == (
        "fakelens: worker 1 is gone; the checkpoint of the last epoch is kept, begin all of them again with "
        f"--resume -o {tmp_path / 'run'}"
    )
    done = len(load_state(checkpoint).history)
    again = [start(["--resume", "-o", tmp_path / "run"], addresses, index) for index in (0, 1)]
    while again[0].poll() is None and len(load_state(checkpoint).history) <= done:
        time.sleep(0.1)
    further = len(load_state(checkpoint).history)
    for process in again:
        process.kill()
        process.wait()
    assert further > done
