"""The first figure of a run whose head learns alone: what it learns of a few pictures, within seconds.

To cut some hundred pictures and to look at them takes a minute. These few come first: one sees whether there
is something to learn, and how long the rest takes. They are neither cut nor looked at again.
"""

import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fakelens.benchmarks.labelled import Split
from fakelens.benchmarks.metrics import Interval, bootstrap_interval, roc_auc
from fakelens.edge_runtime.progress import format_duration
from fakelens.train.config import TrainConfig
from fakelens.train.data.dataset import Dataset, class_weights, load_few, source_weights
from fakelens.train.data.usable import choose_images
from fakelens.train.defaults import choose_view, measure_median_side
from fakelens.train.run.outcome import show_auc
from fakelens.train.starts.names import is_start
from fakelens.train.starts.start_file import THE_START, read_start
from fakelens.train.starts.tuning import choose_share, learns_alone
from fakelens.train.startup import load_tensorflow

_log = logging.getLogger(__name__)
_FEW, _FEWEST = 24, 10  # pictures of each class to learn from, and as many to judge by
_PIXELS = 200_000_000  # of all of them, about: decoded and cut in a few seconds
_PARTS = 4  # two classes, to learn from and to judge by
_WORTH = 3  # times as many pictures, from which on somebody would wait


@dataclass(frozen=True, kw_only=True)
class FirstLook:
    """What a head learned of a few pictures."""

    learned: int  # pictures
    judged: int  # pictures, others
    before: float | None  # AUC of the start; None where that tells no fakes
    after: Interval


def look_early(data: Path, config: TrainConfig, free: frozenset[str]) -> FirstLook | None:
    """Say what the head learns of a few pictures of `data`; None where there are few, or more learns."""
    own = config.data
    if not (learns_alone(config, free) and own.has_histories) or own.leave_out or own.left_out:
        return None
    if set(config.distill.teachers) - {THE_START}:  # larger ones look at all pictures first
        return None
    config = choose_view(config, data, free)
    count = len(choose_images(data, config.data))
    if count < _WORTH * _PARTS * _FEW:
        return None
    begun = time.monotonic()
    few = load_few(data, config.data, _choose_number(measure_median_side(data, own.layout)))
    if any(few.count(split, label) < 2 for split in (Split.TRAIN, Split.VAL) for label in (0, 1)):
        return None  # whoever loads all says what is wrong
    cut_s = time.monotonic() - begun
    load_tensorflow()
    share = choose_share(config, count // 2, free)
    look, looked_s = _look(replace(config, distill=replace(config.distill, share=share)), few)
    left_s = (cut_s + looked_s) * (count / few.count_files() - 1)
    before = "" if look.before is None else f"{look.before:.3f} -> "
    _log.info(
        "first look: the head learns of %d pictures, AUC %s%s on %d others; to learn of all takes about %s",
        *(look.learned, before, show_auc(look.after), look.judged, format_duration(left_s)),
    )
    return look


def _choose_number(side_px: int) -> int:
    """Return how many pictures of such a shorter side are taken of each class."""
    return min(_FEW, max(_FEWEST, _PIXELS // (_PARTS * max(1, side_px) ** 2)))


def _look(config: TrainConfig, few: Dataset) -> tuple[FirstLook, float]:
    """Return what the head learns of `few`, and how many seconds that takes once the network is there."""
    from fakelens.train.fit.clip_teacher import Known
    from fakelens.train.fit.distill import soften_labels
    from fakelens.train.fit.frozen_layers import open_layers
    from fakelens.train.fit.loop import Examples
    from fakelens.train.fit.probe import learn_line
    from fakelens.train.fit.start_head import move_line, read_line
    from fakelens.train.fit.start_network import open_start
    from fakelens.train.networks import build_network

    network, own = config.network, None
    if is_start(network.weights):
        start = open_start(network.weights)
        layers, own = start.layers, read_line(start.model, read_start(network.weights))
    else:
        layers = open_layers(build_network(network, config.data.size))
    begun = time.monotonic()
    (images, labels), (val_images, val_labels) = few.take(Split.TRAIN), few.take(Split.VAL)
    known = Known(labels=labels, sources=few.sources[few.rows[Split.TRAIN]])
    examples = Examples(
        images=images,
        labels=labels,
        targets=soften_labels(known, images, config)
        if config.distill.teachers
        else labels.astype(np.float32),
        class_weights=class_weights(labels),
        val_images=val_images,
        val_labels=val_labels,
        weights=source_weights(labels, known.sources) if config.fit.alike else None,
    )
    if own is None:
        line = learn_line(layers, examples, config.fit.probe)
    else:
        line = move_line(layers, own, examples, config.fit.probe)
    seen = layers.see(val_images)
    learned, judged = (len({few.paths[row] for row in few.rows[split]}) for split in (Split.TRAIN, Split.VAL))
    look = FirstLook(
        learned=learned,
        judged=judged,
        before=None if own is None else roc_auc(val_labels, own.score(seen)),
        after=bootstrap_interval(roc_auc, val_labels, line.score(seen)),
    )
    return look, time.monotonic() - begun
