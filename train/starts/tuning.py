"""How a start goes on learning: what of it, how fast and how long, by the number of pictures.

The head of `lite0` learns alone, unless epochs are asked for: what its layers know carries further than what
they learn of a few pictures. With epochs, the fewer the pictures, the more blocks keep what they know. The
old answers stay a share of what is learned (learning without forgetting, Li & Hoiem 2016), and batch norms
keep their statistics.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fakelens.edge_runtime.errors import UsageError
from fakelens.train.config import NETWORK_KEYS, TrainConfig
from fakelens.train.data.epoch import count_steps, describe_epochs
from fakelens.train.starts.names import IMAGENET, is_start, list_starts
from fakelens.train.starts.start_file import THE_START, read_start

_log = logging.getLogger(__name__)
TUNED_KEYS = (
    *("data.histories", "network.frozen", "distill.share"),
    *("fit.learning_rate", "fit.epochs", "fit.batch_size"),
)
_FREEZES = "lite0"  # the network that can keep some of its blocks
# Of EfficientNet-Lite0 from ImageNet, as for `photo`: what carries to other sources lies in these blocks, and
# a linear probe and a gentle rate keep it (train/recipes/README.md).
_BLOCKS, _LEVELS = 13, [11, 12]
_SIZE = 320  # px, of its input
_PENALTY, _GENTLE = 0.3, 1e-4
_DISTANCE = 0.6  # penalty on how far a start's head moves towards the pictures
_CHOSEN = {"frozen", "dropout"}  # of its network, here and not by the run that it comes from
_SEEN = 1_500  # pictures, histories included, that all epochs together go through, about
_FEWEST_EPOCHS, _MOST_EPOCHS = 1, 2  # more spoil what the start knows of pictures that are not there
_COMMON: Mapping[str, Any] = {
    "data.validation": 0.2,  # the borders come from it, and of 50 pictures a tenth says nothing
    "data.test": 0.2,
    "decision.false_alarms": 0.05,
    "decision.unsure_share": 0.2,
    "augment.shift": 0,
    "network.dropout": 0.2,
    "fit.weight_decay": 2e-2,
    "fit.label_smoothing": 0.05,
    "fit.warmup_epochs": 0.3,
    "fit.ema": 0.99,
    "fit.patience": 0,
    "fit.precision": "float32",  # faster: depthwise convolutions in bfloat16 are emulated
}


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """What so many pictures of the rarer class can carry."""

    pictures: int  # up to so many
    trained: int  # blocks at the end that learn
    histories: int  # of each picture
    batch_size: int
    share: float  # of the start's own answers in what is learned


_TUNINGS = (
    Tuning(pictures=120, trained=3, histories=2, batch_size=16, share=0.3),
    Tuning(pictures=500, trained=6, histories=1, batch_size=32, share=0.3),
    Tuning(pictures=10**9, trained=8, histories=1, batch_size=32, share=0.2),
)


def describe_start(start: str) -> dict[str, Any]:
    """Return the settings that `--start` stands for, as dotted keys; `ConfigError` where there is none."""
    if start == IMAGENET:
        given: dict[str, Any] = {
            "network.name": _FREEZES,
            "network.cut": _BLOCKS,
            "network.levels": _LEVELS,
            "network.frozen_norms": True,
            "network.half": True,
            "fit.probe": _PENALTY,
            "data.size": _SIZE,
            "data.fit": "resize",
            "data.delivered": True,
        }
        return {**_COMMON, **given, "network.weights": IMAGENET}
    found = read_start(start)
    read = {"name", *NETWORK_KEYS.get(found.network["name"], ())} - _CHOSEN
    own = {f"network.{key}": value for key, value in found.network.items() if key in read}
    own |= {f"data.{key}": value for key, value in found.data.items()}
    name = start if start in list_starts() else str(Path(start).resolve())  # --resume may come from elsewhere
    return {
        **_COMMON,
        **own,
        "network.weights": name,
        "distill.teachers": [THE_START],
        "fit.probe": _DISTANCE,
    }


def is_tuned(config: TrainConfig) -> bool:
    """Whether `config` goes on from weights that know something."""
    return knows_something(config.network.name, config.network.weights)


def knows_something(network: str, weights: str) -> bool:
    """Whether `network` with these `weights` is fine-tuned, by the keys of a configuration."""
    return is_start(weights) or (weights == IMAGENET and network == _FREEZES)


def tune_data(config: TrainConfig, counts: tuple[int, int], free: frozenset[str]) -> TrainConfig:
    """Return `config` with the histories that the pictures want, where they are free.

    `counts` are those of the rarer and of the other class. The rarer one has as many versions as the other in
    all, so that many pictures of one class do not make many more of the few of the other.
    """
    if "data.histories" not in free:
        return config
    rarer, other = counts
    histories = max(1, round(_choose(rarer).histories * rarer / max(1, other)))
    return replace(config, data=replace(config.data, histories=histories))


def tune_fit(config: TrainConfig, pictures: int, rows: int, free: frozenset[str]) -> TrainConfig:
    """Return `config` with layers, rate and epochs for `pictures` of the rarer class, in keys that are free.

    `rows` are the training pictures of both classes, each of their histories counted.
    """
    tuning = _choose(pictures)
    network, fit, distill = config.network, config.fit, config.distill
    if "network.frozen" in free and network.name == _FREEZES:
        network = replace(network, frozen=max(0, network.cut - tuning.trained))
    if "fit.batch_size" in free:
        fit = replace(fit, batch_size=tuning.batch_size)
    if "fit.learning_rate" in free:
        fit = replace(fit, learning_rate=_GENTLE)
    if "fit.epochs" in free:
        fit = replace(fit, epochs=_choose_epochs(config, rows))
    if "distill.share" in free and distill.teachers:
        distill = replace(distill, share=choose_share(config, pictures, free))
    tuned = replace(config, network=network, fit=fit, distill=distill)
    _log.info(
        "fine-tuning %s on %d pictures of the rarer class, %d versions of all: %s%s",
        *(network.weights, pictures, rows, _name_layers(tuned, rows)),
        f", {100 * distill.share:.0f}% of what is learned are answers of {' and '.join(distill.teachers)}"
        if distill.teachers
        else "",
    )
    return tuned


def choose_share(config: TrainConfig, pictures: int, free: frozenset[str]) -> float:
    """Return the share of the start's own answers in what is learned of `pictures` of the rarer class."""
    return _choose(pictures).share if "distill.share" in free else config.distill.share


def learns_alone(config: TrainConfig, free: frozenset[str]) -> bool:
    """Whether the head of `config` is all that learns, once keys in `free` are chosen."""
    epochs = _choose_epochs(config, 1) if "fit.epochs" in free else config.fit.epochs
    return is_tuned(config) and config.fit.probe > 0 and not epochs


def is_resizable(config: TrainConfig) -> bool:
    """Whether the layers below the head of `config` take pictures of another size: they end in means."""
    return config.network.name == _FREEZES


def _choose_epochs(config: TrainConfig, rows: int) -> int:
    """Return none where the head of `config` learns by itself, else about as many as see `_SEEN` pictures."""
    if config.network.name == _FREEZES and config.fit.probe:
        return 0
    return min(max(_FEWEST_EPOCHS, round(_SEEN / rows)), _MOST_EPOCHS)


def _name_layers(config: TrainConfig, rows: int) -> str:
    """Say what learns, and how."""
    network, fit = config.network, config.fit
    if not fit.epochs:
        return "the head learns"
    learn = (
        f"the last {network.cut - network.frozen} blocks learn"
        if network.name == _FREEZES
        else "all layers learn"
    )
    steps = count_steps(rows * fit.repeats, min(fit.batch_size, rows))
    return f"{learn}, rate {fit.learning_rate:g}, {describe_epochs(fit.epochs, steps)}"


def _choose(pictures: int) -> Tuning:
    return next(tuning for tuning in _TUNINGS if pictures <= tuning.pictures)


def check_alone(start: str, others: Mapping[str, object]) -> None:
    """Raise `UsageError` where an option of `others` says otherwise what `--start` says."""
    given = [option for option, value in others.items() if value not in (None, False)]
    if given:
        raise UsageError(f"--start {start} sets network and scaling: leave out {', '.join(given)}")
