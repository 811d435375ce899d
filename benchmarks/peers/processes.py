"""Peers as processes: started, asked in turns, ended."""

import json
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakelens.benchmarks.peers.environments import Environment
from fakelens.edge_runtime.errors import GateError

_FOLDER = Path(__file__).parent
_WORKER = _FOLDER / "worker.py"


@dataclass(frozen=True, kw_only=True)
class PeerJob:
    """What every peer is given alike: the same images, the same tiles, the same number of cores."""

    model: str  # the shipped .tflite
    keras: str | None  # the network the file was converted from, raw RGB float32 in
    onnx: str | None
    size: int  # px, of a tile
    threads: int
    paths: tuple[str, ...]
    places: dict[str, list[tuple[int, int]]]  # left and top of the tiles of each image


class Worker:
    """A peer at work. Ends with `close`."""

    def __init__(self, adapter: str, environment: Environment, job: PeerJob) -> None:
        """Start it and wait for its first verdict; `GateError` where there is none."""
        self._adapter = adapter
        self._job = tempfile.NamedTemporaryFile("w", suffix=".json")  # noqa: SIM115 (closed in close)
        json.dump(vars(job), self._job)
        self._job.flush()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        script = _FOLDER / "adapters" / f"{adapter}.py"
        command = [str(environment.python), str(_WORKER), str(script), self._job.name]
        start = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=_clean_environment(),
            text=True,
        )
        try:
            self.first: list[float] = self._read()["scores"]
        except BaseException:
            self.close()
            raise
        self.cold_start_s = time.perf_counter() - start

    def ask(self, command: str) -> dict[str, Any]:
        """Return the answer to `command`; see `worker`."""
        assert self._process.stdin
        try:
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has died: what it said last tells why
        return self._read()

    def close(self) -> None:
        """End the process."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._job, self._errors):
            if stream is not None:
                stream.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace").strip().splitlines()
            reason = said[-1] if said else f"exit code {self._process.returncode}"
            raise GateError(f"{self._adapter}: {reason[:200]}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _clean_environment() -> dict[str, str]:
    """Return our environment without what would lead another Python to our packages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_"))}
    return kept | {"PYTHONSAFEPATH": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "GLOG_minloglevel": "2"}
