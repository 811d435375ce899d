"""Does the file format give the class away? A probe that sees everything about a file but its pixels.

After Grommelt et al. 2024 (arXiv:2403.17608): detectors trained on JPEG reals and PNG fakes learn the
format. A probe near AUC .50 rules that out; near 1 means that a detector need not look at the image.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

from fakelens.edge_runtime.errors import UsageError

_FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """What a probe on file metadata came to; `auc` is cross-validated, .50 is chance."""

    auc: float
    images: int


def probe_metadata(real: Sequence[Path], fake: Sequence[Path], seed: int = 0) -> ProbeResult:
    """Return how well size, dimensions, format, mode, tables and tags tell `fake` files from `real`.

    Files of one name stay in one fold, so that pairs are not told apart by each other.
    Raises `UsageError` where there are fewer than two names.
    """
    files = [*real, *fake]
    labels = np.repeat([0, 1], [len(real), len(fake)])
    names = {name: group for group, name in enumerate(sorted({path.stem for path in files}))}
    groups = [names[path.stem] for path in files]
    if len(names) < 2 or not real or not fake:
        raise UsageError(
            f"{len(real)} real and {len(fake)} fake files are too few for a probe: give at least 2 of each"
        )
    features = np.array([_describe_file(path) for path in files])
    # Balanced weights: with features that tell nothing, every answer is .5 whatever a fold's class shares.
    trees = ExtraTreesClassifier(50, min_samples_leaf=3, class_weight="balanced", random_state=seed)
    folds = StratifiedGroupKFold(min(_FOLDS, len(names)), shuffle=True, random_state=seed)
    predicted = cross_val_predict(trees, features, labels, groups=groups, cv=folds, method="predict_proba")
    return ProbeResult(auc=float(roc_auc_score(labels, predicted[:, 1].round(6))), images=len(files))


def _describe_file(path: Path) -> list[float]:
    """Return what is known of a file without decoding it, as numbers; names and times are left out."""
    with Image.open(path) as image:
        width, height = image.size
        tables = getattr(image, "quantization", None) or {}
        return [
            path.stat().st_size,
            path.stat().st_size / (width * height),
            width,
            height,
            _encode(image.format),
            _encode(image.mode),
            _encode(path.suffix),
            len(tables),
            sum(sum(table) for table in tables.values()),
            "exif" in image.info,
            "icc_profile" in image.info,
            "dpi" in image.info,
            len(image.info),
        ]


def _encode(word: str | None) -> float:
    return float(zlib.crc32((word or "").encode()))
