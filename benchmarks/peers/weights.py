"""The weights of a model in the forms that peers take, made once under fakelens' cache folder."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fakelens.benchmarks.peers.catalogue import TENSORFLOW, Weights
from fakelens.benchmarks.peers.environments import make_environment
from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import RunError
from fakelens.edge_runtime.files import cache_folder
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.library import find_model

_CONVERTER = (*TENSORFLOW, "tf2onnx", "onnx")  # tf2onnx imports TensorFlow
_OPSET = 17


@dataclass(frozen=True, kw_only=True)
class ModelForms:
    """One model in every form there is; or, form by form, why it is not there."""

    name: str
    files: dict[Weights, Path]
    missing: dict[Weights, str]


def make_forms(model: str, runs: Sequence[Path], wanted: set[Weights]) -> ModelForms:
    """Return the forms of `model` among `wanted`; float ones need the run it was converted from."""
    path = find_model(model)
    file = read_model(path)
    forms = ModelForms(name=file.contract.name, files={Weights.FILE: path}, missing={})
    run = _find_run(file.contract.name, runs)
    if run is None:
        need = f"needs the run of {file.contract.name}: --run RUN"
        forms.missing.update(dict.fromkeys((Weights.KERAS, Weights.ONNX_FLOAT), need))
    else:
        forms.files[Weights.KERAS] = run / run_layout.MODEL
    key = file.contract.graph_sha256[:12]
    if Weights.ONNX_INT8 in wanted:
        _add_onnx(forms, Weights.ONNX_INT8, path, key)
    if run is not None and Weights.ONNX_FLOAT in wanted:
        weights = hashlib.sha256((run / run_layout.MODEL).read_bytes()).hexdigest()[:12]
        try:
            _add_onnx(forms, Weights.ONNX_FLOAT, _convert_float(run, weights), weights)
        except RunError as error:
            forms.missing[Weights.ONNX_FLOAT] = str(error)
    return forms


def _find_run(name: str, runs: Sequence[Path]) -> Path | None:
    for run in runs:
        try:
            record = json.loads((run / run_layout.RECORD).read_bytes())
            found = record["contract"]["name"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(f"{run}: no run directory of `fakelens train` ({error})") from error
        if found == name and not record.get("quantization_aware"):
            return run
    return None


def _convert_float(run: Path, key: str) -> Path:
    """Return the float .tflite of `run`, float in and out, made by `fakelens convert`."""
    target = cache_folder() / "peers" / "weights" / f"{key}-float32.tflite"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        program = Path(sys.executable).with_name("fakelens")
        command = [str(program), "convert", str(run), "--float32", "--io", "float", "-o", str(target)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RunError(f"no float .tflite: {_last_line(done.stderr)}")
    return target


def _add_onnx(forms: ModelForms, kind: Weights, source: Path, key: str) -> None:
    target = cache_folder() / "peers" / "weights" / f"{key}-{kind.name.lower()}.onnx"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_suffix(".draft")
        command = [str(make_environment(_CONVERTER).python), "-m", "tf2onnx.convert", "--opset", str(_OPSET)]
        done = subprocess.run(
            [*command, "--tflite", source, "--output", draft], capture_output=True, text=True, check=False
        )
        if done.returncode or not draft.exists():
            forms.missing[kind] = f"tf2onnx: {_last_line(done.stderr)}"
            return
        shutil.move(draft, target)
    forms.files[kind] = target


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no reason given"
