"""Writing the run directory, all that training hands over; `run.json` comes last and says: finished."""

import io
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tomli_w
from PIL import Image

from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import RunError, UsageError
from fakelens.edge_runtime.escape import is_text, quote
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.modelfile.contract import LABELS, Contract, contract_to_json
from fakelens.train.audit.leak import Leak
from fakelens.train.config import TrainConfig
from fakelens.train.data.image_rows import Images
from fakelens.train.data.pooling import JudgedImages
from fakelens.train.settings import config_to_dict, load_config

_CALIBRATION_PER_CLASS = 128
_VALIDATION_MOST = 10_000  # images handed over for the gates


def start_run(run: Path, config: TrainConfig, data: Path, digest: str, leak: Leak | None = None) -> None:
    """Make the run directory and note what it is trained from, and what gives the classes of it away."""
    run.mkdir(parents=True, exist_ok=True)
    settings = tomli_w.dumps(config_to_dict(config))
    # Names of folders need not be valid text: `read_recipe` gives them back.
    write_atomic(run / run_layout.CONFIG, settings.encode(errors="surrogateescape"))
    source = {"data": str(data.resolve()), "digest": digest, "leak": None if leak is None else asdict(leak)}
    write_atomic(run / run_layout.SOURCE, json.dumps(source, indent=1))


def forget_start(run: Path) -> None:
    """Remove what `start_run` made, as long as nothing else is there: the same command begins again."""
    if all(path.name in (run_layout.CONFIG, run_layout.SOURCE) for path in run.iterdir()):
        shutil.rmtree(run)


def copy_float_state(parent: Path, run: Path) -> None:
    """Give `run` the trained float weights of `parent`, so that its training begins after them."""
    target = run / run_layout.FLOAT_STATE
    target.parent.mkdir()
    shutil.copyfile(parent / run_layout.FLOAT_STATE, target)


def check_new(run: Path) -> None:
    """Raise `UsageError` where `run` holds anything already, or cannot be called so."""
    if not is_text(str(run.absolute())):
        raise UsageError(
            f"{run}: a name in it is not UTF-8, which TensorFlow cannot write to; choose another -o"
        )
    if not run.exists() or (run.is_dir() and not any(run.iterdir())):
        return
    if (run / run_layout.RECORD).exists():
        raise UsageError(f"{run}: exists already, a finished run; choose another -o")
    if (run / run_layout.SOURCE).exists():
        raise UsageError(
            f"{run}: exists already; go on with `fakelens train --resume -o {quote(run)}`, or choose "
            "another -o"
        )
    raise UsageError(f"{run}: exists already, and is no run; choose another -o")


def read_start(run: Path) -> tuple[TrainConfig, Path, str]:
    """Return configuration, data and data digest of a run to go on from; `RunError` where there is none."""
    if not run.is_dir():
        raise RunError(f"{run}: no such run directory; make one with `fakelens train DATA -o {quote(run)}`")
    try:
        source = json.loads((run / run_layout.SOURCE).read_text(encoding="utf-8"))
        return load_config(str(run / run_layout.CONFIG), {}), Path(source["data"]), str(source["digest"])
    except PermissionError:
        raise  # no damage: the line is of the rights
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise RunError(
            f"{run}: no run to go on from ({error}); start one with `fakelens train DATA -o {quote(run)}`"
        ) from error


def read_leak(run: Path) -> Leak | None:
    """Return what `start_run` noted as giving the classes away."""
    leak = json.loads((run / run_layout.SOURCE).read_text(encoding="utf-8")).get("leak")
    return None if leak is None else Leak(**leak)


def write_model(path: Path, model: Any) -> None:
    """Save `model` as HDF5 (the format in which quantization-aware models reload), atomically."""
    import tensorflow_model_optimization as tfmot  # the rest of this module works without TensorFlow

    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".model-") as folder:
        partial = Path(folder) / path.name
        with tfmot.quantization.keras.quantize_scope():
            model.save(partial, include_optimizer=False, save_format="h5")
        partial.replace(path)


def write_calibration(run: Path, images_u8: Images, labels: npt.NDArray[np.uint8], seed: int) -> None:
    """Write a seeded choice of training images of both classes as PNG."""
    with tempfile.TemporaryDirectory(dir=run, prefix=".calibration-") as folder:
        for label, name in enumerate(LABELS):
            target = Path(folder) / "images" / name
            target.mkdir(parents=True)
            rows = np.flatnonzero(labels == label)
            rng = np.random.default_rng([seed, label])
            for number, row in enumerate(rng.permutation(rows)[:_CALIBRATION_PER_CLASS]):
                Image.fromarray(images_u8[row]).save(target / f"{number:04d}.png")
        shutil.rmtree(run / run_layout.CALIBRATION, ignore_errors=True)
        (Path(folder) / "images").rename(run / run_layout.CALIBRATION)


def write_validation(run: Path, images_u8: Images, judged: JudgedImages, seed: int) -> None:
    """Write the validation images for the gates of `convert`, a seeded choice where there are very many.

    `images_u8` are whole images or tiles; `owners` tells which image each belongs to, `pictures` what each
    image shows, with or without a history.
    """
    sizes = np.array([len(rows) for rows in judged.groups])
    chosen = np.random.default_rng(seed).permutation(len(sizes))
    chosen = np.sort(chosen[np.cumsum(sizes[chosen]) <= _VALIDATION_MOST])
    rows = np.concatenate([judged.groups[image] for image in chosen])
    owners = np.repeat(np.arange(len(chosen)), sizes[chosen])
    buffer = io.BytesIO()
    labels, pictures = judged.labels[chosen], judged.pictures[chosen]
    np.savez(buffer, images=images_u8[rows], owners=owners, labels=labels, pictures=pictures)
    write_atomic(run / run_layout.VALIDATION, buffer.getvalue())


def write_record(
    run: Path, contract: Contract, *, quantization_aware: bool, facts: Mapping[str, Any]
) -> None:
    """Write `run.json`, the last file of a finished run."""
    record = {
        "format": run_layout.FORMAT,
        "contract": json.loads(contract_to_json(contract)),
        "quantization_aware": quantization_aware,
        **facts,
    }
    write_atomic(run / run_layout.RECORD, json.dumps(record, indent=1))
