"""Quantization-aware training of a finished run, where plain int8 loses too much.

Training is another package's work, so the umbrella command is called for it, in a process of its own. It goes
to RUN/qat, is found there by the next conversion, and goes on after an interruption.
"""

import json
import os
import statistics
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakelens.convert.recipes import ConvertConfig
from fakelens.convert.run import Run, read_run
from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.escape import quote
from fakelens.edge_runtime.progress import format_duration

_LONGEST_S = 15 * 60.0  # what is trained without being asked for
_EPOCHS = 3  # where the run's configuration does not say
# How many times as long as a step of the float stage one of this stage takes: every depthwise convolution
# is followed by its own quantizer, whose gradients run over whole feature maps.
_SLOWER = {"lite0": 6.0, "mobilenetv2": 6.0}
_USUALLY_SLOWER = 2.0
_INTERRUPTED = 130
_GRACE_S = 20.0  # for the step and the checkpoint that Ctrl-C finds under way
_LAST_GRACE_S = 5.0


@dataclass(frozen=True, kw_only=True)
class AwarePlan:
    """Whether the quantization-aware stage is to be trained for a run, and why not."""

    folder: Path
    seconds: float | None  # that it takes, about; None where the run does not tell
    obstacle: str = ""  # in words, with the remedy; empty where it is to be trained

    @property
    def duration(self) -> str:
        """How long it takes, in words."""
        return "" if self.seconds is None else f", about {format_duration(self.seconds)}"


def find_aware(run: Run) -> Run | None:
    """Return the quantization-aware run that an earlier conversion of `run` trained, where there is one."""
    folder = run.path / run_layout.QAT
    if not (folder / run_layout.RECORD).is_file():
        return None
    return read_run(folder)


def plan_aware(run: Run, config: ConvertConfig) -> AwarePlan:
    """Return what is to be done where plain int8 of `run` loses more than `config` allows."""
    folder = run.path / run_layout.QAT
    command = f"`fakelens train --from {quote(run.path)} --qat -o {quote(str(run.path) + '-qat')}`"
    if config.qat is False:
        return AwarePlan(folder=folder, seconds=None, obstacle=f"--no-qat leaves it at that; {command} helps")
    missing = _find_missing(run)
    if missing:
        return AwarePlan(folder=folder, seconds=None, obstacle=f"quantization-aware training needs {missing}")
    seconds = _estimate_s(run)
    network = run.contract.training.network
    long = network in _SLOWER if seconds is None else seconds > _LONGEST_S
    if config.qat or not long:
        return AwarePlan(folder=folder, seconds=seconds)
    duration = "many times as long as before" if seconds is None else f"about {format_duration(seconds)}"
    obstacle = f"quantization-aware training of {network} takes {duration}: do it all the same with --qat"
    return AwarePlan(folder=folder, seconds=seconds, obstacle=obstacle)


def train_aware(plan: AwarePlan, run: Path) -> None:
    """Train the quantization-aware stage of `run` as `plan` says; what it says of it goes to stderr.

    `UsageError` where training fails, `KeyboardInterrupt` at Ctrl-C: the next conversion goes on with it.
    """
    given = ["--resume"] if (plan.folder / run_layout.SOURCE).is_file() else ["--from", str(run), "--qat"]
    code = _run_training([*given, "-o", str(plan.folder)])
    if code == _INTERRUPTED:
        raise KeyboardInterrupt
    if code:
        raise UsageError(
            f"{plan.folder}: quantization-aware training ended with exit code {code}, see above; "
            "convert with --no-qat, or allow more with --max-drop"
        )


def _run_training(arguments: list[str]) -> int:
    """Run `fakelens train`; where Ctrl-C finds it, it ends first, at the next place to go on from."""
    process = subprocess.Popen(
        [sys.executable, "-m", "fakelens.edge_runtime", "train", *arguments],
        stdout=subprocess.DEVNULL,  # the gates say what it came to
        env=os.environ | {"PYTHONSAFEPATH": "1"},  # a random.py in the user's folder is not ours to import
    )
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait until an interrupted training ends; a terminal has sent it the same Ctrl-C."""
    for grace_s, insist in ((_GRACE_S, process.terminate), (_LAST_GRACE_S, process.kill)):
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            insist()
    process.wait()


def _find_missing(run: Run) -> str:
    """Return what training on from `run` lacks, with the remedy; empty where all is there."""
    if not (run.path / run_layout.FLOAT_STATE).is_file():
        return f"{run.path / run_layout.FLOAT_STATE}, which is missing: train anew with --qat"
    try:
        source: Any = json.loads((run.path / run_layout.SOURCE).read_bytes())
        data = Path(source["data"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return f"{run.path / run_layout.SOURCE}, which cannot be read: train anew with --qat"
    if not data.is_dir():
        return f"the run's pictures, and {data} is gone: put it back"
    once = "a network that uses each layer once: this run set network.half"
    return once if run_layout.ends_in_float(run.path) else ""


def _read_settings(run: Run) -> Any:
    """Return what the run was trained with; names of folders in it need not be valid text."""
    text = (run.path / run_layout.CONFIG).read_text(encoding="utf-8", errors="surrogateescape")
    return tomllib.loads(text)


def _estimate_s(run: Run) -> float | None:
    """Return how long the stage takes, from the epochs of the float stage; None where those are not told."""
    try:
        record: Any = json.loads((run.path / run_layout.RECORD).read_bytes())
        epochs = [float(epoch["seconds"]) for epoch in record["history"]["float"]]
        settings = _read_settings(run)
        count = int(settings.get("qat", {}).get("epochs", _EPOCHS))
        prune = settings.get("prune", {})
        again = int(prune["epochs"]) if prune.get("sparsity") else 0  # a pruned run is pruned once more
        usual = statistics.median(epochs)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return usual * (again + count * _SLOWER.get(run.contract.training.network, _USUALLY_SLOWER))
