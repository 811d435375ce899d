"""One trained run in all its compressed forms: `fakelens bench RUN` builds them, then measures them.

Training and converting are other packages' work, so the umbrella command is called for them, in processes of
their own. Everything is kept in RUN/variants: what is there is not built again while the run stays the same,
and an interrupted training goes on.
"""

import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakelens.benchmarks.labelled import Split, list_splits
from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import GateError, MissingExtraError, RunError, UsageError
from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.files import write_atomic

_log = logging.getLogger(__name__)
_STAMP = "made-from.json"
_TRAIN_MODULES = ("tensorflow", "tf_keras", "tensorflow_model_optimization", "sklearn", "jinja2", "tomli_w")
_PLAIN_ZEROS = 0.01  # a share of zeros that no pruning explains
_INTERRUPTED = 130
_NO_STAGE = "the network uses layers twice (network.half), so it is neither pruned nor trained quantized"
_PREFIX = "fakelens: "  # of the one line in which a command says what is wrong


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A form of the model: what is trained on after the float weights, and what it is converted to."""

    name: str
    format: str  # an option of `fakelens convert`
    training: str = "plain"
    prune: float = 0.0
    qat: bool = False


VARIANTS = (
    Variant(name="float32", format="float32"),
    Variant(name="float16", format="float16"),
    Variant(name="dynamic", format="dynamic"),
    Variant(name="int8", format="int8"),
    Variant(name="int8-qat", format="int8", training="qat", qat=True),
    Variant(name="int8-pruned-50", format="int8", training="pruned-50", prune=0.5),
    Variant(name="int8-pruned-75", format="int8", training="pruned-75", prune=0.75),
)
_OWN = Variant(name="int8-as-trained", format="int8", training="as trained")


@dataclass(frozen=True, kw_only=True)
class VariantResult:
    """The model files of a run."""

    paths: tuple[Path, ...]
    left_out: tuple[str, ...]  # which forms the network cannot have or do not pass their gates, and why


def build_variants(run: Path) -> VariantResult:
    """Return the variants of the finished `run`, built where they are not there yet.

    `RunError` where `run` is none, `MissingExtraError` where something is to be built without TensorFlow,
    `UsageError` where a form that the network can have cannot be built, as on a full disk.
    """
    own_training = _name_training(run)
    folder = _open_folder(run)
    variants = (*VARIANTS, *((_OWN,) if own_training == _OWN.training else ()))
    paths, left_out = [], []
    is_last = run_layout.ends_in_float(run)
    for variant in variants:
        path = folder / f"{variant.name}.tflite"
        if not path.is_file():
            if is_last and variant.training != own_training:
                left_out.append(f"{variant.name}: {_NO_STAGE}")
                continue
            require_extra("train", *_TRAIN_MODULES)
            _log.info("building %s", path)
            try:
                trained = run if variant.training == own_training else _train(run, folder, variant)
                _run_fakelens(
                    "convert", str(trained), f"--{variant.format}", "--max-drop=100", "-o", str(path)
                )
            except GateError as error:  # such as no kernel that is large enough for dynamic quantization
                left_out.append(f"{variant.name}: {error}")
                continue
        paths.append(path)
    return VariantResult(paths=tuple(paths), left_out=tuple(left_out))


def find_test_data(run: Path) -> Path | None:
    """Return the data that `run` was trained on, where it has a test/ that training left alone."""
    try:
        data = Path(json.loads((run / run_layout.SOURCE).read_text(encoding="utf-8"))["data"])
        return data if Split.TEST in list_splits(data) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError, UsageError):
        return None


def _name_training(run: Path) -> str:
    """Return which of the variants' trainings `run` itself is."""
    record = run / run_layout.RECORD
    try:
        record_fields: Any = json.loads(record.read_text(encoding="utf-8"))
        aware, zeros = (
            bool(record_fields["quantization_aware"]),
            float(record_fields["contract"]["training"]["sparsity"]),
        )
    except FileNotFoundError as error:
        raise RunError(
            f"{run}: no {run_layout.RECORD}, so no finished run; "
            "make one with `fakelens train`, or name model files"
        ) from error
    except PermissionError:
        raise  # no damage: the line is of the rights
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise RunError(f"{record}: damaged ({error}); train again with `fakelens train`") from error
    if zeros > _PLAIN_ZEROS:
        return _OWN.training
    return "qat" if aware else "plain"


def _open_folder(run: Path) -> Path:
    """Return the folder of the variants, emptied where they were made from another state of `run`."""
    folder = run / run_layout.VARIANTS
    stamp = json.dumps({"run": hashlib.sha256((run / run_layout.RECORD).read_bytes()).hexdigest()})
    path = folder / _STAMP
    if not path.is_file() or path.read_text(encoding="utf-8") != stamp:
        if folder.exists():
            _log.info("%s: made from another state of the run, building anew", folder)
            shutil.rmtree(folder)
        write_atomic(path, stamp)
    return folder


def _train(run: Path, folder: Path, variant: Variant) -> Path:
    """Return the run directory of the training that `variant` needs; one that was interrupted goes on."""
    target = folder / "runs" / variant.training
    if (target / run_layout.RECORD).is_file():
        return target
    if (target / run_layout.SOURCE).is_file():
        _run_fakelens("train", "--resume", "-o", str(target))
    else:
        settings = (f"--prune={variant.prune}", "--qat" if variant.qat else "--no-qat")
        _run_fakelens("train", "--from", str(run), *settings, "-o", str(target))
    return target


def _run_fakelens(*arguments: str) -> None:
    """Run the umbrella command; its talk goes to the log, and how it ends is raised as its own errors are."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from fakelens.edge_runtime.main import main; main()", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=os.environ | {"PYTHONSAFEPATH": "1"},  # a random.py in the user's folder is not ours to import
    )
    said: list[str] = []
    try:
        for line in process.stderr or ():
            said.append(line.rstrip())
            if arguments[0] == "train" and not line.startswith(_PREFIX):
                _log.info("%s", said[-1])
        code = process.wait()
    finally:
        if process.poll() is None:  # interrupted: it ends with us, and its training can go on later
            process.terminate()
            process.wait()
    if code == _INTERRUPTED:
        raise KeyboardInterrupt
    if code:
        raise _to_error(code, arguments, said)


def _to_error(code: int, arguments: Sequence[str], said: Sequence[str]) -> Exception:
    reasons = [line.removeprefix(_PREFIX) for line in said if line.startswith(_PREFIX)]
    reason = reasons[-1] if reasons else f"`fakelens {' '.join(arguments)}` ended with {code}: {said[-1:]}"
    kinds = {GateError.exit_code: GateError, MissingExtraError.exit_code: MissingExtraError}
    return kinds.get(code, UsageError)(reason)
