"""The run directory: what training hands over is called, and the format number of its record.

Training writes it; conversion, benchmarks and later training read it. The record comes last: where it is,
the run is finished.
"""

import os
from pathlib import Path

FORMAT = 1
RECORD = "run.json"
CONFIG = "config.toml"  # what was asked for
SOURCE = "source.json"  # which data, by path and digest
MODEL = "model.h5"  # what int8 is made from
FLOAT_MODEL = "float.h5"  # of a quantization-aware run: its float twin
CALIBRATION = "calibration"  # a folder of images that set int8 ranges, one folder a label
VALIDATION = "validation.npz"  # what a converted file is held against Keras with
CHECKPOINTS = "checkpoints"
FLOAT_STATE = Path(CHECKPOINTS, "float.npz")  # the end state of the float stage
REPORT = "report.html"
QAT = "qat"  # the run directory of the quantization-aware stage that `fakelens convert` trains
VARIANTS = "variants"  # the forms that `fakelens bench RUN` builds


def is_run(folder: Path) -> bool:
    """Whether `folder` is a run directory, finished or not; one that cannot be read is none."""
    return all(os.path.isfile(folder / name) for name in (CONFIG, SOURCE))  # noqa: PTH113 - which never raises


def count_runs(count: int) -> str:
    """Return `count` run directories in words."""
    return f"{count} run director{'y' if count == 1 else 'ies'} of fakelens train"


def ends_in_float(run: Path) -> bool:
    """Whether the network of `run` uses each layer twice, so that no stage can follow its float weights.

    False too where the settings cannot be read: whoever goes on from them says why.
    """
    import tomllib  # a check reads no run

    try:
        # Names of folders in it need not be valid text.
        text = (run / CONFIG).read_text(encoding="utf-8", errors="surrogateescape")
        return bool(tomllib.loads(text)["network"]["half"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
