"""The adapters that this environment can run, as the processes that they are in a measurement."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fakelens.benchmarks.peers.catalogue import Weights
from fakelens.benchmarks.peers.environments import Environment
from fakelens.benchmarks.peers.measure import PeersConfig, make_job, order_peers
from fakelens.benchmarks.peers.processes import PeerJob, Worker
from fakelens.benchmarks.peers.weights import ModelForms
from fakelens.benchmarks.timing.pictures import make_pictures
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import GateError, UsageError

HERE = Environment(python=Path(sys.executable), size_bytes=0, packages={})


@pytest.fixture
def job(pack_tile_model: Callable[..., Path], tmp_path: Path) -> PeerJob:
    make_pictures(tmp_path / "photos", 3, 20, 17)
    forms = ModelForms(name="tiles", files={Weights.FILE: pack_tile_model(4)}, missing={})
    return make_job(forms, PeersConfig(data=tmp_path / "photos", threads=1))


@pytest.mark.parametrize("adapter", ["fakelens_detector", "litert"])
def test_a_peer_sees_the_tiles_that_fakelens_sees(job: PeerJob, adapter: str) -> None:
    detector = Detector(job.model)
    expected = [[region.p_fake for region in detector.check(path).regions] for path in job.paths]
    worker = Worker(adapter, HERE, job)
    try:
        assert worker.first == pytest.approx(expected[0])
        answer = worker.ask("folder")
        assert [pytest.approx(scores) for scores in answer["scores"]] == expected
        assert 0 < answer["seconds"] < worker.cold_start_s + 60
        assert len(worker.ask("single 4")["ms"]) == 4
        assert worker.ask("memory")["bytes"] > 10_000_000
    finally:
        worker.close()


def test_a_peer_that_fails_says_why_in_one_line(job: PeerJob) -> None:
    with pytest.raises(GateError, match=r"^litert: .*missing\.tflite"):
        Worker("litert", HERE, replace(job, model="missing.tflite"))


def test_images_that_every_peer_would_resize_in_its_own_way_are_refused(
    model_file: Path, tmp_path: Path
) -> None:
    make_pictures(tmp_path / "photos", 1, 20, 17)
    forms = ModelForms(name="brightness", files={Weights.FILE: model_file}, missing={})
    with pytest.raises(UsageError, match="20 x 17 px"):
        make_job(forms, PeersConfig(data=tmp_path / "photos"))


def test_no_peer_always_starts_after_the_same_one() -> None:
    orders = [order_peers(9, start) for start in range(5)]
    assert all(sorted(order) == [*range(9)] for order in orders)
    for peer in range(9):
        before = {order[order.index(peer) - 1] for order in orders}
        assert len(before) > 2
    assert orders == [order_peers(9, start) for start in range(5)]
