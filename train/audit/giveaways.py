"""File metadata that give the class away: the gate of `audit`, and the warning before training."""

import logging
from pathlib import Path

import numpy as np

from fakelens.benchmarks.labelled import Layout, choose_slice, find_labelled
from fakelens.edge_runtime.errors import GateError, ImageError
from fakelens.train.audit.advice import COMPRESSION, helps_to_equalize, name_remedy, tells_by_size
from fakelens.train.audit.dataset_audit import MAX_AUC, AuditResult, choose_crop, gives_away, name_pair
from fakelens.train.audit.duplicates import digest_contents, link_groups
from fakelens.train.audit.equalize import looks_equalized
from fakelens.train.audit.headers import HeaderFacts, read_header
from fakelens.train.audit.leak import Leak
from fakelens.train.audit.probe import ProbeResult, has_enough, probe_facts
from fakelens.train.data.file_threads import map_threads

_WARN_LIMIT = 2000  # images of a class whose headers are read before training

_log = logging.getLogger(__name__)


def check_metadata(result: AuditResult, max_auc: float, remedy: str) -> None:
    """Raise `GateError`, ending in `remedy`, where file metadata give the class away."""
    if result.metadata is not None and gives_away(result.metadata, max_auc):
        leak = _find_leak(result.metadata, remedy)
        raise GateError(f"{result.data}: {leak.sentence}, over --max-auc {max_auc:g}: {leak.helps}")


def warn_of_giveaways(data: Path, layout: Layout | None = None) -> Leak | None:
    """Return what file metadata tell of the classes of `data`, and log a warning; no pixel is decoded.

    `UsageError` unless it holds images of both classes. Files without a header are left to whoever decodes.
    """
    chosen = choose_slice(find_labelled(data, layout=layout), data, _WARN_LIMIT)
    found = list(map_threads(_try_header, [image.path for image in chosen], "reading headers"))
    sound = [(image, header) for image, header in zip(chosen, found, strict=True) if header is not None]
    images = [image for image, _ in sound]
    names = [name_pair(image, data) for image in images]
    groups = link_groups(names, digest_contents([image.path for image in images]))
    labels = np.array([image.label for image in images], np.int64)
    if not has_enough(labels, groups):
        return None
    headers = [header for _, header in sound]
    probe = probe_facts(headers, labels, groups)
    crop = choose_crop(headers, labels) if tells_by_size(probe, MAX_AUC) else None
    if not gives_away(probe):
        return None
    helps = crop or helps_to_equalize(probe, MAX_AUC, equalized=looks_equalized(headers))
    leak = _find_leak(probe, name_remedy(data, layout or Layout(), crop) if helps else COMPRESSION)
    _log.warning(
        "WARNING: %s. A network trained on this may learn the files, not the fakes. `fakelens audit` "
        "tells more; %s",
        *(leak.sentence, leak.helps),
    )
    return leak


def _try_header(path: Path) -> HeaderFacts | None:
    try:
        return read_header(path)
    except ImageError:
        return None


def _find_leak(probe: ProbeResult, remedy: str) -> Leak:
    clue = probe.clues[0] if probe.clues else None
    return Leak(
        auc=probe.auc.value,
        fact="metadata" if clue is None else clue.name,
        clue="" if clue is None else clue.sentence,
        remedy=remedy,
    )
