"""The run directory that training hands over: found, checked and read."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import ModelError, RunError
from fakelens.edge_runtime.escape import quote
from fakelens.edge_runtime.files import name_archive_errors
from fakelens.edge_runtime.modelfile.contract import Contract, Pool, contract_from_json
from fakelens.edge_runtime.modelfile.library import list_models
from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.edge_runtime.pictures.tiles import pool_scores, weigh_tiles

# What an interrupted training may leave.
_PARTS = (
    *(run_layout.CONFIG, run_layout.SOURCE, run_layout.CHECKPOINTS),
    *(run_layout.MODEL, run_layout.CALIBRATION, run_layout.VALIDATION),
)
_AGAIN = "train again with `fakelens train`"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished training run."""

    path: Path
    contract: Contract  # of the float model: nothing measured, no graph yet
    quantization_aware: bool
    model: Path  # what int8 is made from
    float_model: Path  # the same file unless training was quantization-aware
    doubt: str = ""  # what training said of a model that is no better than guessing, or than its files

    @property
    def calibration(self) -> Path:
        """Folder with the images that set the int8 ranges, one folder a label."""
        return self.path / run_layout.CALIBRATION


@dataclass(frozen=True, kw_only=True)
class Validation:
    """The images a converted file is held against Keras with."""

    images_u8: ImageU8  # [n, size, size, 3], whole images or tiles of them
    owners: npt.NDArray[np.int64]  # [n], sorted: which image each belongs to
    labels: npt.NDArray[np.uint8]  # [images], 1 = fake
    pool: Pool
    pictures: npt.NDArray[np.int64] | None = None  # [images], what each shows; None: each another

    @property
    def shown(self) -> int:
        """How many pictures the images show: with and without a recompression, one counts once."""
        return len(self.labels if self.pictures is None else np.unique(self.pictures))

    def pool_rows(self, p_rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return P(fake) [images] from that of all rows [n], as the contract pools tiles."""
        if len(p_rows) == len(self.labels):
            return p_rows
        ends = np.searchsorted(self.owners, np.arange(1, len(self.labels)))
        weights = weigh_tiles(self.images_u8, self.pool)
        of_images = [None] * len(self.labels) if weights is None else np.split(weights, ends)
        pooled = [
            pool_scores(rows, self.pool, each)
            for rows, each in zip(np.split(p_rows, ends), of_images, strict=True)
        ]
        return np.array(pooled, np.float32)


def read_run(path: Path) -> Run:
    """Return the run in `path`; `RunError` where there is none, or it is unfinished or damaged."""
    if not path.exists() and str(path) in list_models():
        raise RunError(
            f"{path}: is a release model, which is a finished file; give a run, or the path of a model file"
        )
    if not path.is_dir():
        raise RunError(f"{path}: no such run directory; make one with `fakelens train DATA -o {quote(path)}`")
    record = path / run_layout.RECORD
    if not record.is_file():
        if any((path / name).exists() for name in _PARTS):
            raise RunError(
                f"{path}: no {run_layout.RECORD}, training was interrupted; resume it with "
                f"`fakelens train --resume -o {quote(path)}`"
            )
        if any(path.iterdir()):
            raise RunError(f"{path}: is no run directory; make one with `fakelens train DATA -o RUN`")
        raise RunError(f"{path}: the folder is empty; make a run with `fakelens train DATA -o {quote(path)}`")
    contract, quantization_aware, doubt = _parse_record(record)
    model = path / run_layout.MODEL
    run = Run(
        path=path,
        contract=contract,
        quantization_aware=quantization_aware,
        model=model,
        float_model=path / run_layout.FLOAT_MODEL if quantization_aware else model,
        doubt=doubt,
    )
    for file in (run.model, run.float_model):
        if not file.is_file():
            raise RunError(f"{file}: missing, the run is incomplete; {_AGAIN}")
    return run


def read_validation(run: Run) -> Validation:
    """Return the validation images of `run`; `RunError` unless both classes are there, sized right."""
    path = run.path / run_layout.VALIDATION
    try:
        with np.load(path, allow_pickle=False) as arrays:
            images, labels = arrays["images"], arrays["labels"]
            owners = arrays["owners"] if "owners" in arrays else np.arange(len(labels))  # whole images
            # Not in runs of earlier versions.
            pictures = arrays["pictures"] if "pictures" in arrays else np.arange(len(labels))
    except FileNotFoundError as error:
        raise RunError(f"{path}: missing, the run is incomplete; {_AGAIN}") from error
    except PermissionError:
        raise  # no damage: the line is of the rights
    except name_archive_errors() as error:
        raise RunError(f"{path}: damaged ({error}); {_AGAIN}") from error
    size = run.contract.input.size
    if labels.ndim != 1 or pictures.shape != labels.shape:
        raise RunError(
            f"{path}: the labels have shape {labels.shape}, and the pictures that they are of "
            f"{pictures.shape}, expected one an image; {_AGAIN}"
        )
    if images.dtype != np.uint8 or images.shape != (len(owners), size, size, 3):
        raise RunError(
            f"{path}: the images are {images.dtype} {images.shape}, expected uint8 "
            f"{(len(owners), size, size, 3)}; {_AGAIN}"
        )
    if not np.array_equal(np.unique(owners), np.arange(len(labels))) or np.any(np.diff(owners) < 0):
        raise RunError(f"{path}: the owners of its rows are not its {len(labels)} images in order; {_AGAIN}")
    if set(np.unique(labels).tolist()) != {0, 1}:
        raise RunError(f"{path}: the labels are {np.unique(labels).tolist()}, expected 0 and 1; {_AGAIN}")
    return Validation(
        images_u8=images,
        owners=owners.astype(np.int64),
        labels=labels.astype(np.uint8),
        pool=run.contract.input.pool,
        pictures=pictures,
    )


def _parse_record(path: Path) -> tuple[Contract, bool, str]:
    try:
        record: Any = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path}: damaged, not valid JSON ({error}); {_AGAIN}") from error
    if not isinstance(record, dict) or record.get("format") != run_layout.FORMAT:
        found = record.get("format") if isinstance(record, dict) else None
        raise RunError(f"{path}: format {found!r}, this fakelens reads {run_layout.FORMAT}; {_AGAIN}")
    quantization_aware = record.get("quantization_aware")
    if not isinstance(quantization_aware, bool):
        raise RunError(
            f"{path}: quantization_aware is {quantization_aware!r}, expected true or false; {_AGAIN}"
        )
    try:
        contract = contract_from_json(json.dumps(record.get("contract")))
    except ModelError as error:
        raise RunError(f"{path}: {error}; {_AGAIN}") from error
    outcome = record.get("outcome")  # not in runs of earlier versions
    if not isinstance(outcome, dict) or not outcome.get("doubtful", outcome.get("learned") is False):
        return contract, quantization_aware, ""
    return contract, quantization_aware, str(outcome.get("sentence", "no better than guessing"))
