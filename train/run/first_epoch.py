"""The first epoch of a run whose head learns alone: every picture once, reduced, within seconds.

To cut some hundred pictures as they are delivered, and to look at them at their full size, takes a minute.
So each is looked at once before, as it is and at half the size that the layers want (progressive resizing, as
in Tan & Le 2021): one sees whether there is something to learn, and how long the rest takes. The head that
comes of it is not kept, so that a large JPEG may be reduced as it is decoded, and layers compute in bfloat16
where that is quicker. Where pictures are very many or very large, it sees as many as take some seconds.
"""

import logging
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.special import expit

from fakelens.benchmarks.labelled import Split
from fakelens.benchmarks.metrics import Interval, bootstrap_interval, roc_auc
from fakelens.edge_runtime.modelfile.contract import Fit
from fakelens.edge_runtime.progress import format_duration
from fakelens.train.config import TrainConfig
from fakelens.train.data.dataset import Dataset, load_reduced
from fakelens.train.data.loss_weights import class_weights, weigh_images
from fakelens.train.data.usable import choose_images
from fakelens.train.defaults import choose_view, measure_median_side
from fakelens.train.run.outcome import show_auc
from fakelens.train.starts.names import is_start
from fakelens.train.starts.start_file import THE_START, read_start
from fakelens.train.starts.tuning import choose_share, is_resizable, learns_alone
from fakelens.train.startup import load_tensorflow

_log = logging.getLogger(__name__)
_FEWEST = 250  # pictures: of fewer, all is there as soon
_MOST, _LEAST = 320, 20  # pictures of a class, those to judge by among them
_PIXELS = 1_000_000_000  # of all of them, about: decoded in a few seconds
_TURN_S = 0.0005
_JPEGS = (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo")
_JPEG_COSTS = ((8, 0.2), (4, 0.33), (2, 0.5))  # of decoding it in full, by how many times too large it is
_CLASSES = 2
_REDUCED = 2  # times, the side that layers look at
# Times that a picture takes in full: it is recompressed after decoding, which has the processor for itself
# then, has four times the pixels to look at, in float32, and a second version where it is judged.
_MORE_CUT, _MORE_LOOKED = 1.6, {"float32": 4.5, "bfloat16": 9.0}


@dataclass(frozen=True, kw_only=True)
class FirstEpoch:
    """What a head learned of reduced pictures."""

    learned: int  # pictures
    judged: int  # pictures, others
    before: float | None  # AUC of the start; None where that tells no fakes
    after: Interval


def run_first_epoch(data: Path, config: TrainConfig, free: frozenset[str]) -> FirstEpoch | None:
    """Say what the head learns of reduced pictures of `data`; None where there are few, or more learns."""
    own = config.data
    if not (learns_alone(config, free) and is_resizable(config)) or own.leave_out or own.left_out:
        return None
    if set(config.distill.teachers) - {THE_START}:  # larger ones look at all pictures first
        return None
    config = choose_view(config, data, free)
    found = choose_images(data, config.data)
    count = len(found)
    if count < _FEWEST or config.data.fit is not Fit.RESIZE:
        return None
    side = measure_median_side(data, own.layout)
    jpegs = sum(image.path.suffix.lower() in _JPEGS for image in found) / count
    cost = _estimate_cost(side / config.data.size, jpegs)
    most = _choose_number(side, cost)
    with _frequent_turns(), ThreadPoolExecutor(1) as pool:  # decodes while TensorFlow is loaded
        loading = pool.submit(_load, data, config, most)
        load_tensorflow()
        network = _Network(config)
        reduced, whole, loaded_s = loading.result()
    if any(reduced.count(split, label) < 2 for split in (Split.TRAIN, Split.VAL) for label in (0, 1)):
        return None  # whoever loads all says what is wrong
    begun = time.monotonic()
    epoch = network.learn(reduced, config, choose_share(config, count // 2, free))
    looked_s = time.monotonic() - begun
    more_s = _MORE_CUT * loaded_s / cost + _MORE_LOOKED[network.dtype] * looked_s
    left_s = more_s * count / reduced.count_files()
    _log.info("%s; in full it takes about %s", _describe(epoch, whole), format_duration(left_s))
    return epoch


@contextmanager
def _frequent_turns() -> Iterator[None]:
    """Let threads of Python take turns often: who decodes asks for the interpreter a dozen times a picture.

    Each time it would wait five milliseconds for whoever loads TensorFlow, longer than decoding takes.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _estimate_cost(times: float, jpegs: float) -> float:
    """Return what share of decoding all pixels it takes to decode pictures reduced.

    They are `times` as large as what is looked at later, and a share of them are `jpegs`.
    """
    return 1 - jpegs + jpegs * next((cost for least, cost in _JPEG_COSTS if times >= least), 1.0)


def _choose_number(side_px: int, cost: float) -> int:
    """Return how many pictures of such a shorter side are taken of each class, at `cost` of decoding them."""
    return min(_MOST, max(_LEAST, int(_PIXELS / (_CLASSES * cost * max(1, side_px) ** 2))))


def _load(data: Path, config: TrainConfig, most: int) -> tuple[Dataset, int, float]:
    """Return reduced pictures of `data`, how many there are in all, and how many seconds that takes."""
    begun = time.monotonic()
    reduced, whole = load_reduced(data, config.data, config.data.size // _REDUCED, most)
    return reduced, whole, time.monotonic() - begun


def _describe(epoch: FirstEpoch, whole: int) -> str:
    seen = epoch.learned + epoch.judged
    before = "" if epoch.before is None else f"{epoch.before:.3f} -> "
    return (
        f"first epoch, pictures at half their size: the head learns of {epoch.learned:,}, "
        f"AUC {before}{show_auc(epoch.after)} on {epoch.judged:,} others"
    ) + (f" ({seen:,} of {whole:,} in all)" if seen < whole else "")


class _Network:
    """The layers that look at reduced pictures, and what the start's own head makes of that."""

    def __init__(self, config: TrainConfig) -> None:
        from fakelens.train.fit.earlier_run import open_network
        from fakelens.train.fit.frozen_layers import FrozenLayers, Glance
        from fakelens.train.fit.precision import choose_quickest
        from fakelens.train.fit.start_head import read_line
        from fakelens.train.fit.start_network import open_start

        weights, size = config.network.weights, config.data.size
        model = open_start(weights).model if is_start(weights) else open_network(config.network, size)
        self.own = read_line(model, read_start(weights)) if is_start(weights) else None
        self.dtype = choose_quickest()
        self.layers = FrozenLayers(model, glance=Glance(size=size // _REDUCED, dtype=self.dtype))
        self.layers.warm_up()

    def learn(self, reduced: Dataset, config: TrainConfig, share: float) -> FirstEpoch:
        """Return what the head learns of `reduced`, `share` of it being what the start answers."""
        from fakelens.train.fit.distill import mix_labels
        from fakelens.train.fit.loop import Examples
        from fakelens.train.fit.probe import learn_line
        from fakelens.train.fit.start_head import move_line

        (images, labels), (val_images, val_labels) = reduced.take(Split.TRAIN), reduced.take(Split.VAL)
        targets = labels.astype(np.float32)
        if self.own is not None and config.distill.teachers:
            answers = expit(self.own.score(self.layers.see(images))).astype(np.float32)
            targets = mix_labels(answers, labels, replace(config.distill, share=share))
        sources = reduced.sources[reduced.rows[Split.TRAIN]]
        examples = Examples(
            images=images,
            labels=labels,
            targets=targets,
            class_weights=class_weights(labels),
            val_images=val_images,
            val_labels=val_labels,
            weights=weigh_images(labels, sources, config.fit),
        )
        penalty, seen = config.fit.probe, self.layers.see(val_images)
        if self.own is None:
            line = learn_line(self.layers, examples, penalty)
        else:
            line = move_line(self.layers, self.own, examples, penalty)
        return FirstEpoch(
            learned=len(images),
            judged=len(val_images),
            before=None if self.own is None else roc_auc(val_labels, self.own.score(seen)),
            after=bootstrap_interval(roc_auc, val_labels, line.score(seen)),
        )
