"""Defaults that follow the data, where neither recipe nor flag sets a key.

The defaults of `TrainConfig` suit some 100,000 images. On a few hundred, they would make two steps an epoch,
and the moving statistics of batch norm would stay near their start: the network ends at chance.
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fakelens.benchmarks.labelled import Layout, Split, find_labelled
from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.modelfile.contract import LABELS, Fit
from fakelens.train.audit.headers import read_header
from fakelens.train.config import DataConfig, TrainConfig
from fakelens.train.data.dataset import Dataset
from fakelens.train.data.epoch import count_steps, describe_epochs
from fakelens.train.settings import config_from_dict, merge_settings
from fakelens.train.starts.names import is_start
from fakelens.train.starts.tuning import (
    TUNED_KEYS,
    describe_start,
    is_tuned,
    knows_something,
    tune_data,
    tune_fit,
)

_log = logging.getLogger(__name__)
FREE_KEYS = (
    *("data.fit", "data.size"),
    *("fit.batch_size", "fit.repeats", "fit.epochs", "fit.patience", "fit.norm_momentum"),
)
_LARGE_PX = 128  # shorter side of the median picture, above which scaling to 32 px would leave nothing
_LEAST_PX, _LEAST_SIZE = 16, 8
_MOST_ENLARGED = 4  # times, of a start's pictures
_TILE_PX = 64
_START = "photo"
_START_PX = 256  # shorter side of the median picture, from which the start sees what it knows
_FEW = 5_000  # pictures of the rarer class, up to which a start knows more than they teach
_OWN_WAY = ("network", "augment", "distill")  # sections in which whoever sets a key has a network in mind
_MEASURED = 400  # pictures whose headers are read
_STEPS_AN_EPOCH, _STEPS = 30, 1000  # at least
_SMALLEST_BATCH = 16  # batch norm wants some
_MEMORY = 3.0  # an epoch holds so many spans of the moving statistics' memory
_LEAST_MOMENTUM, _USUAL_MOMENTUM = 0.9, 0.99


def find_free(recipe: str | None, flags: Mapping[str, Any]) -> frozenset[str]:
    """Return those of `FREE_KEYS` that neither `recipe` nor `flags` set; with a start its keys too."""
    tree = merge_settings(recipe, flags)
    network = {key: str(value) for key, value in tree.get("network", {}).items()}
    tuned = knows_something(network.get("name", ""), network.get("weights", ""))
    keys = (*FREE_KEYS, *TUNED_KEYS) if tuned else FREE_KEYS
    return frozenset(key for key in keys if key.split(".")[1] not in tree.get(key.split(".")[0], {}))


def choose_start(data: Path, recipe: str | None, flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return `flags`, with those of the start `photo` before them where few pictures are large enough for it.

    Only where nothing says which network or which view of the pictures is wanted. What a small network learns
    of a few hundred photographs from nothing is less than plain statistics of their pixels tell.
    """
    tree = merge_settings(recipe, flags)
    looks = {"fit", "size", "tiles", "cuts", "delivered", "leave_out"} & set(tree.get("data", {}))
    if recipe is not None or looks or any(section in tree for section in _OWN_WAY):
        return dict(flags)
    layout = config_from_dict(tree).data.layout
    if measure_median_side(data, layout) < _START_PX or _count_classes(data, layout)[0] > _FEW:
        return dict(flags)
    _log.info(
        "few pictures: training goes on from the release model %s (--tiles: a small network from nothing)",
        _START,
    )
    return describe_start(_START) | dict(flags)


def keep_free(config: TrainConfig, own: TrainConfig, free: frozenset[str]) -> TrainConfig:
    """Return `config` with the keys in `free` as `own` has them."""
    for key in free:
        name, leaf = key.split(".")
        section = replace(getattr(config, name), **{leaf: getattr(getattr(own, name), leaf)})
        config = replace(config, **{name: section})
    return config


def choose_view(config: TrainConfig, data: Path, free: frozenset[str]) -> TrainConfig:
    """Return `config` with tiles at native resolution where the pictures of `data` are large.

    Only where fit and size are both free: whoever sets a size wants pictures scaled to it. Tiles that were
    asked for without a size have 64 px.
    """
    own = config.data
    if is_tuned(config):
        _check_start(measure_median_side(data, own.layout), config, data)
        return tune_data(config, _count_classes(data, own.layout), free)
    if "data.size" not in free:
        return config
    side = measure_median_side(data, own.layout)
    if 0 < side < _LEAST_PX:
        raise UsageError(
            f"{data}: the median picture has {side} px on its shorter side, too few to show a trace; give "
            f"pictures of {_LEAST_PX} px or more, or take these with --resize {max(side, _LEAST_SIZE)}"
        )
    if own.fit is Fit.TILES:
        return replace(config, data=replace(own, size=_TILE_PX))
    if "data.fit" not in free or own.delivered:
        return config
    if side <= _LARGE_PX:
        return config
    _log.info(
        "the median picture has %d px on its shorter side: tiles of %d px at native resolution "
        "(--resize PX scales pictures instead)",
        *(side, _TILE_PX),
    )
    return replace(config, data=replace(own, fit=Fit.TILES, size=_TILE_PX))


def _check_start(side: int, config: TrainConfig, data: Path) -> None:
    """Raise `UsageError` where the pictures are far smaller than what the start looks at."""
    if 0 < side < config.data.size // _MOST_ENLARGED:
        raise UsageError(
            f"{data}: the median picture has {side} px on its shorter side, and "
            f"{Path(config.network.weights).stem} looks at {config.data.size} px; leave out --start"
        )


def _count_classes(data: Path, layout: Layout) -> tuple[int, int]:
    """Return how many pictures `data` has of the rarer class and of the other one, before any is cut off."""
    found = [image for image in find_labelled(data, layout=layout) if image.split in (None, Split.TRAIN)]
    fakes = sum(image.label for image in found)
    return min(fakes, len(found) - fakes), max(fakes, len(found) - fakes)


def measure_median_side(data: Path, layout: Layout | None = None) -> int:
    """Return the median shorter side in px of the pictures of `data`, from some headers; 0 without any."""
    found = find_labelled(data, layout=layout)
    sides = []
    for image in found[:: math.ceil(len(found) / _MEASURED)]:
        try:
            header = read_header(image.path)
        except ImageError:  # left to whoever decodes
            continue
        sides.append(min(header.width_px, header.height_px))
    return int(np.median(sides)) if sides else 0


def choose_fit(config: TrainConfig, dataset: Dataset, free: frozenset[str]) -> TrainConfig:
    """Return `config` with a schedule for the training part of `dataset`, in the keys that are free."""
    rows = len(dataset.rows[Split.TRAIN])
    if is_tuned(config):
        rarer = min(dataset.count(Split.TRAIN, label) for label in range(len(LABELS)))
        config = tune_fit(config, rarer, rows, free)
        # The norms of a start are not trained, those from ImageNet are.
        return config if is_start(config.network.weights) else _choose_momentum(config, rows, free)
    return choose_schedule(config, rows, free)


def choose_schedule(config: TrainConfig, images: int, free: frozenset[str]) -> TrainConfig:
    """Return `config` with a schedule for `images` training images or tiles, in the keys that are free.

    At least 30 steps an epoch and 1,000 in all, up to today's defaults, which large sets reach.
    """
    fit = config.fit
    if "fit.batch_size" in free:
        size = 2 ** int(math.log2(max(_SMALLEST_BATCH, images / _STEPS_AN_EPOCH)))
        fit = replace(fit, batch_size=min(fit.batch_size, size))
    batch_size = min(fit.batch_size, images)
    if {"fit.batch_size", "fit.repeats"} <= free:
        fit = replace(fit, repeats=math.ceil(_STEPS_AN_EPOCH * batch_size / images))
    steps = count_steps(images * fit.repeats, batch_size)
    if "fit.epochs" in free:
        fit = replace(fit, epochs=max(fit.epochs, math.ceil(_STEPS / steps)))
    if "fit.patience" in free:
        fit = replace(fit, patience=max(fit.patience, fit.epochs // 2))
    fit = _choose_momentum(replace(config, fit=fit), images, free).fit
    if fit == config.fit:
        return config
    _log.info(
        "%d %s: batches of %d, %s%s",
        *(images, _name_rows(config.data), batch_size, describe_epochs(fit.epochs, steps)),
        f", batch norm momentum {fit.norm_momentum:g}" if fit.norm_momentum else "",
    )
    return replace(config, fit=fit)


def _choose_momentum(config: TrainConfig, rows: int, free: frozenset[str]) -> TrainConfig:
    """Return `config` with a momentum of the batch norms that an epoch over `rows` can follow."""
    fit = config.fit
    steps = count_steps(rows * fit.repeats, min(fit.batch_size, rows))
    momentum = max(_LEAST_MOMENTUM, 1 - _MEMORY / steps)
    if "fit.norm_momentum" not in free or momentum >= _USUAL_MOMENTUM:
        return config
    return replace(config, fit=replace(fit, norm_momentum=round(momentum, 3)))


def _name_rows(data: DataConfig) -> str:
    """Name what a step takes: an image that is trained on as it is delivered has several histories."""
    if data.fit is Fit.TILES:
        return "training tiles"
    return "versions of training images" if data.delivered else "training images"
