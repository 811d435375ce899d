"""All peers in one run, in turns: the same images, weights, tiles and number of cores."""

import logging
import random
import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from fakelens.benchmarks.peers.catalogue import PEERS, Peer, Role, Weights
from fakelens.benchmarks.peers.environments import Environment, make_environment
from fakelens.benchmarks.peers.processes import PeerJob, Worker
from fakelens.benchmarks.peers.weights import ModelForms, make_forms
from fakelens.benchmarks.timing.pictures import find_pictures
from fakelens.edge_runtime.errors import FakelensError, GateError, UsageError
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.contract import Fit, InputSpec
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.edge_runtime.pictures.sources import walk_images
from fakelens.edge_runtime.pictures.tiles import place_tiles

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PeersConfig:
    """What is measured."""

    images: int = 1000
    data: Path | None = None
    runs: tuple[Path, ...] = ()
    threads: int = 1
    rounds: int = 3  # over the folder
    starts: int = 5
    calls: int = 50  # on a single image
    peers: tuple[Peer, ...] = PEERS


@dataclass(frozen=True, kw_only=True)
class PeerResult:
    """Medians of one peer on one model; `reason` tells why there are none."""

    model: str
    peer: Peer
    reason: str = ""
    folder_per_s: float = 0.0  # images/s
    single_p50_ms: float = 0.0  # from a file's name to its scores
    cold_start_s: float = 0.0  # from starting the process to its first scores
    rss_bytes: int = 0  # peak, after all of that
    size_bytes: int = 0  # of the packages in its environment
    difference: float = 0.0  # the largest between a tile's P(fake) here and there, against fakelens
    packages: dict[str, str] | None = None
    rounds_per_s: tuple[float, ...] = ()  # of the folder, in turns with the others'
    starts_s: tuple[float, ...] = ()


def measure_peers(model: str, config: PeersConfig) -> list[PeerResult]:
    """Return a result for each of the config's peers; `UsageError` for images that need resizing."""
    forms = make_forms(model, config.runs, {peer.weights for peer in config.peers})
    job = make_job(forms, config)
    ready: list[tuple[Peer, Environment]] = []
    failed: dict[str, PeerResult] = {}
    for peer in config.peers:
        try:
            if peer.weights in forms.missing:
                raise GateError(forms.missing[peer.weights])
            environment = make_environment(peer.requirements)
            Worker(peer.adapter, environment, _for_peer(job, peer, forms)).close()  # fills the system's cache
            ready.append((peer, environment))
        except FakelensError as error:
            failed[peer.name] = PeerResult(model=forms.name, peer=peer, reason=str(error))
    measured = {result.peer.name: result for result in _measure_ready(ready, job, forms, config)}
    return [(measured | failed)[peer.name] for peer in config.peers]


def _measure_ready(
    ready: Sequence[tuple[Peer, Environment]], job: PeerJob, forms: ModelForms, config: PeersConfig
) -> list[PeerResult]:
    cold: list[list[float]] = [[] for _ in ready]
    seconds: list[list[float]] = [[] for _ in ready]
    single: list[list[float]] = [[] for _ in ready]
    scores: list[list[list[float]]] = [[] for _ in ready]
    with ExitStack() as stack:
        workers: dict[int, Worker] = {}
        for start in range(config.starts):
            for row in order_peers(len(ready), start):
                peer, environment = ready[row]
                worker = Worker(peer.adapter, environment, _for_peer(job, peer, forms))
                cold[row].append(worker.cold_start_s)
                if start < config.starts - 1:
                    worker.close()
                else:
                    stack.callback(worker.close)
                    workers[row] = worker
        for turn in range(config.rounds):
            for row, worker in sorted(workers.items()):
                answer = worker.ask("folder")
                seconds[row].append(answer["seconds"])
                scores[row] = answer["scores"]
                single[row] += worker.ask(f"single {config.calls}")["ms"]
                _log.info("%s %d/%d  %s", forms.name, turn + 1, config.rounds, ready[row][0].name)
        peaks = [workers[row].ask("memory")["bytes"] for row in range(len(ready))]
    mine = next((row for row, (peer, _) in enumerate(ready) if peer.role is Role.MINE), None)
    return [
        PeerResult(
            model=forms.name,
            peer=peer,
            folder_per_s=len(job.paths) / statistics.median(seconds[row]),
            single_p50_ms=statistics.median(single[row]),
            cold_start_s=statistics.median(cold[row]),
            rss_bytes=peaks[row],
            size_bytes=environment.size_bytes,
            difference=0.0 if mine is None else _compare(scores[row], scores[mine]),
            packages=environment.packages,
            rounds_per_s=tuple(len(job.paths) / taken for taken in seconds[row]),
            starts_s=tuple(cold[row]),
        )
        for row, (peer, environment) in enumerate(ready)
    ]


def order_peers(count: int, start: int) -> list[int]:
    """Return the places of `count` peers, in another order for each `start`: none always follows the same."""
    return random.Random(start).sample(range(count), count)


def make_job(forms: ModelForms, config: PeersConfig) -> PeerJob:
    """Return what all peers are given; `UsageError` for images that would have to be resized."""
    spec = read_model(find_model(forms.files[Weights.FILE])).contract.input
    folder = config.data or find_pictures(spec, config.images)
    paths = list(walk_images(folder))[: config.images]
    if not paths:
        raise UsageError(f"{folder}: no images in this folder")
    return PeerJob(
        model=str(forms.files[Weights.FILE]),
        keras=None,
        onnx=None,
        size=spec.size,
        threads=config.threads,
        paths=tuple(str(path.resolve()) for path in paths),
        places={str(path.resolve()): _place(path, spec) for path in paths},
    )


def _for_peer(job: PeerJob, peer: Peer, forms: ModelForms) -> PeerJob:
    file = str(forms.files[peer.weights].resolve())
    if peer.weights is Weights.FILE:
        return job
    return replace(job, keras=file) if peer.weights is Weights.KERAS else replace(job, onnx=file)


def _place(path: Path, spec: InputSpec) -> list[tuple[int, int]]:
    with Image.open(path) as image:
        width, height = image.size
    if spec.fit is Fit.TILES and min(width, height) >= spec.size:
        return place_tiles(width, height, spec)
    if (width, height) != (spec.size, spec.size):
        raise UsageError(
            f"{path}: {width} x {height} px; every peer would resize it in its own way: give images of "
            f"{'at least ' if spec.fit is Fit.TILES else ''}{spec.size} x {spec.size} px"
        )
    return [(0, 0)]


def _compare(scores: Sequence[Sequence[float]], others: Sequence[Sequence[float]]) -> float:
    """Return the largest difference of a tile's P(fake)."""
    return max(
        float(np.max(np.abs(np.array(one) - np.array(other))))
        for one, other in zip(scores, others, strict=True)
    )
