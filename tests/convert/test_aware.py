"""Where plain int8 loses too much, the quantization-aware stage is trained, or the reason is said."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras
from PIL import Image

from fakelens.convert.aware import find_aware, plan_aware
from fakelens.convert.recipes import ConvertConfig
from fakelens.convert.run import read_run
from fakelens.edge_runtime.modelfile.container import read_model
from tests.conftest import Fakelens
from tests.convert.conftest import make_images


def add_facts(run: Path, data: Path, epoch_s: float, epochs: int = 3) -> None:
    """Give a run what training on from it needs."""
    (run / "checkpoints").mkdir()
    (run / "checkpoints" / "float.npz").touch()
    (run / "source.json").write_text(json.dumps({"data": str(data), "digest": ""}))
    (run / "config.toml").write_text(f"[qat]\nepochs = {epochs}\n")
    record = json.loads((run / "run.json").read_text())
    record["history"] = {"float": [{"seconds": 10 * epoch_s}, {"seconds": epoch_s}, {"seconds": epoch_s}]}
    (run / "run.json").write_text(json.dumps(record))


def plan(run: Path, qat: bool | None = None) -> tuple[str, float | None]:
    found = plan_aware(read_run(run), ConvertConfig(run=run, qat=qat))
    return found.obstacle, found.seconds


def test_what_is_missing_and_what_takes_long_is_said_with_the_remedy(run: Path, tmp_path: Path) -> None:
    assert "float.npz, which is missing: train anew with --qat" in plan(run)[0]
    assert f"`fakelens train --from {run} --qat -o {run}-qat` helps" in plan(run, qat=False)[0]
    add_facts(run, tmp_path, epoch_s=5)
    assert plan(run) == ("", 30)
    assert find_aware(read_run(run)) is None
    (run / "config.toml").write_text("[qat]\nepochs = 3\n[prune]\nsparsity = 0.5\nepochs = 6\n")
    assert plan(run) == ("", 60)  # it is pruned once more
    shutil.rmtree(run / "checkpoints")
    add_facts(run, tmp_path, epoch_s=400, epochs=10)
    assert plan(run) == (
        "quantization-aware training of three-layer takes about 2 h 13 min: do it all the same with --qat",
        8000,
    )
    assert plan(run, qat=True) == ("", 8000)
    (run / "config.toml").unlink()
    assert plan(run) == ("", None)  # a run of an earlier version tells no times
    record = json.loads((run / "run.json").read_text())
    record["contract"]["training"]["network"] = "lite0"
    (run / "run.json").write_text(json.dumps(record))
    assert "takes many times as long as before" in plan(run)[0]
    assert plan(run, qat=True) == ("", None)
    (run / "source.json").write_text(json.dumps({"data": str(tmp_path / "gone"), "digest": ""}))
    assert f"and {tmp_path / 'gone'} is gone: put it back" in plan(run)[0]
    (run / "source.json").write_text("[" * 100_000)
    assert "source.json, which cannot be read: train anew with --qat" in plan(run)[0]


@pytest.fixture
def trained_run(fakelens: Fakelens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of `fakelens train` whose plain int8 is ruined: one channel has 2,000 times the others' range."""
    monkeypatch.setenv("FAKELENS_CACHE", str(tmp_path / "cache"))
    images, labels = make_images(160, seed=3)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        folder = tmp_path / "data" / ("fake" if label else "real")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{number:03}.png")
    run = tmp_path / "run"
    settings = (
        *("network.width=16", "data.test=0", "data.validation=0.4", "fit.patience=0", "fit.ema=0.9"),
        "qat.epochs=30",  # time enough to interrupt it
    )
    done = fakelens(
        *("train", tmp_path / "data", "-o", run, "--network", "classic", "--size", "16", "--epochs", "40"),
        *("--batch-size", "16", *(word for setting in settings for word in ("--set", setting))),
    )
    assert done.returncode == 0, done.stderr
    network = keras.models.load_model(run / "model.h5", compile=False)
    first, second = network.get_layer("conv1"), network.get_layer("conv2")
    seen = keras.Model(network.input, network.get_layer("relu1").output)(images.astype(np.float32))
    loudest = int(np.argmax(np.mean(seen, axis=(0, 1, 2))))
    kernel, bias = first.get_weights()
    kernel[..., loudest] *= 2000
    bias[loudest] *= 2000
    first.set_weights([kernel, bias])
    kernel, bias = second.get_weights()
    kernel[:, :, loudest] /= 2000
    second.set_weights([kernel, bias])
    network.save(run / "model.h5")
    return run


@pytest.mark.slow
@pytest.mark.long
def test_convert_trains_for_eight_bits_goes_on_after_ctrl_c_and_says_both_costs(
    fakelens: Fakelens, trained_run: Path
) -> None:
    forbidden = fakelens("convert", trained_run, "--no-qat", "--max-drop", "3")
    assert forbidden.returncode == 1
    assert not (trained_run / "qat").exists()

    command = [sys.executable, "-m", "fakelens.edge_runtime", "convert", trained_run, "--max-drop", "3"]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a Ctrl-C for both processes, as a terminal sends it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.monotonic() + 100
    while not (trained_run / "qat" / "checkpoints" / "qat.npz").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    subprocess.run(["kill", "-INT", "--", f"-{process.pid}"], check=True)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert said.splitlines()[-1].startswith("fakelens: interrupted")
    assert "Traceback" not in said
    assert not list(trained_run.glob("*.tflite"))

    done = fakelens("convert", trained_run, "--max-drop", "3")
    assert done.returncode == 0, done.stderr
    assert "training the quantization-aware stage" in done.stderr
    assert "qat: resuming after epoch" in done.stderr
    shown = " ".join(done.stderr.replace("│", " ").split())
    assert "took quantization-aware, trained after it (plain: +" in shown
    model = read_model(trained_run / "model-int8.tflite")
    assert model.contract.training.quantization_aware
    assert model.contract.decision == read_run(trained_run / "qat").contract.decision

    again = fakelens("convert", trained_run, "--max-drop", "3")
    assert again.returncode == 0, again.stderr
    assert "training" not in again.stderr.splitlines()[0]
