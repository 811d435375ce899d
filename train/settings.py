"""A recipe and flags as a checked configuration, and a configuration as plain values."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

import dacite

from fakelens.edge_runtime.errors import ConfigError
from fakelens.edge_runtime.escape import is_text, to_text
from fakelens.edge_runtime.modelfile.contract import Fit, freeze_lists
from fakelens.train.config import NETWORK_KEYS, VIEWS, TrainConfig
from fakelens.train.data.loss_weights import read_factors
from fakelens.train.networks import check_network
from fakelens.train.recipes import read_recipe
from fakelens.train.starts.names import IMAGENET, NOTHING

_MOST_SEED = 2**32 - 1  # which numpy and TensorFlow both take
_QUOTES = " \"'"
_MOST_PX = 1024  # side of the picture that a network sees


def load_config(recipe: str | None, flags: Mapping[str, Any]) -> TrainConfig:
    """Return the configuration: flag before recipe before default.

    `recipe` is a packaged name or a TOML file; `flags` maps dotted keys such as `fit.epochs` to values.
    Raises `ConfigError` for an unknown key, a wrong type or a value out of range.
    """
    config = config_from_dict(merge_settings(recipe, flags))
    check_network(config.network.name)
    _refuse_unread_keys(config.network.name, flags)
    return config


def _refuse_unread_keys(network: str, flags: Mapping[str, Any]) -> None:
    """Raise `ConfigError` for a key of another network: it would change nothing."""
    read = NETWORK_KEYS.get(network)
    for section, _, key in (flag.partition(".") for flag in flags):
        if key == "weights" and flags["network.weights"] not in (NOTHING, IMAGENET):
            continue  # any network goes on from a start or a run of its own: see `check_weights`
        if read is not None and section == "network" and key not in {*read, "name", "views"}:
            keys = ", ".join(sorted(read))
            raise ConfigError(f"network.{key} changes nothing: network {network} reads {keys}; leave it out")


def merge_settings(recipe: str | None, flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return what recipe and flags set, unchecked; `data.fit = "auto"` is as if it were not set."""
    tree: dict[str, Any] = {} if recipe is None else read_recipe(recipe)
    if recipe is not None:
        tree.setdefault("recipe", to_text(Path(recipe).stem))
    for key, value in flags.items():
        *sections, leaf = key.split(".")
        branch = tree
        for section in sections:
            branch = branch.setdefault(section, {})
            if not isinstance(branch, dict):
                raise ConfigError(f"{key}: {section} is a value, not a section")
        branch[leaf] = value
    if isinstance(tree.get("data"), dict) and tree["data"].get("fit") == "auto":
        del tree["data"]["fit"]
    return tree


def config_from_dict(tree: Mapping[str, Any]) -> TrainConfig:
    """Return the checked configuration in `tree`; `ConfigError` where it holds what training cannot use."""
    hooks = {float: lambda value: float(value) if type(value) is int else value}
    _check_kinds(tree, asdict(TrainConfig()))
    try:
        config = dacite.from_dict(
            TrainConfig, freeze_lists(tree), dacite.Config(strict=True, cast=[StrEnum], type_hooks=hooks)
        )
    except (dacite.DaciteError, ValueError) as error:
        raise ConfigError(f"the configuration cannot be used: {error}") from error
    _check(config)
    return config


def _check_kinds(tree: Mapping[str, Any], defaults: Mapping[str, Any], path: str = "") -> None:
    """Raise `ConfigError` for unknown keys, and for what dacite takes for something else: true for 1."""
    for key, value in tree.items():
        if key not in defaults:
            raise ConfigError(f"{path}{key}: {_name_near_keys(key, defaults, path)}")
        default = defaults[key]
        if isinstance(default, dict) and isinstance(value, Mapping):
            _check_kinds(value, default, f"{path}{key}.")
        elif isinstance(default, tuple) and not isinstance(value, list | tuple):
            raise ConfigError(f"{path}{key} is {value!r}, expected {_describe_list(f'{path}{key}', value)}")
        elif isinstance(value, bool) and isinstance(default, int | float) and not isinstance(default, bool):
            raise ConfigError(f"{path}{key} is {str(value).lower()}, expected a number")


def _name_near_keys(key: str, defaults: Mapping[str, Any], path: str) -> str:
    """Return that `key` is none of `defaults`, with the one that was probably meant, else with all."""
    inside = [name for name, keys in defaults.items() if isinstance(keys, dict) and key in keys]
    if inside:
        return f"no such key; did you mean {' or '.join(f'{name}.{key}' for name in inside)}?"
    near = get_close_matches(key, list(defaults), n=1)
    if near:
        return f"no such key; did you mean {path}{near[0]}?"
    return f"no such key; there are {', '.join(path + name for name in defaults)}"


def _describe_list(key: str, value: object) -> str:
    """Return what a list for `key` looks like, in place of `value`; one of texts without quotes is quoted."""
    words = str(value).strip()
    if not (words.startswith("[") and words.endswith("]")):
        return f"a list in brackets, as with --set '{key}=[...]'"
    quoted = ", ".join(f'"{word.strip(_QUOTES)}"' for word in words[1:-1].split(","))
    return f"texts in a list in quotes: --set '{key}=[{quoted}]'"


def config_to_dict(config: TrainConfig) -> dict[str, Any]:
    """Return `config` as plain values, the inverse of `config_from_dict`."""
    tree = asdict(config)
    tree["data"]["fit"] = str(config.data.fit)
    tree["fit"]["precision"] = str(config.fit.precision)
    tree["fit"]["optimizer"] = str(config.fit.optimizer)
    return tree


def parse_setting(text: str) -> tuple[str, Any]:
    """Return key and value of `section.key=value`, the value written as in TOML (bare words as strings)."""
    key, separator, value = text.partition("=")
    if not separator or not key.strip():
        raise ConfigError(f"{text!r} is no setting: write section.key=value, such as fit.batch_size=128")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


def _check(config: TrainConfig) -> None:
    for key, value, low, high in _list_ranges(config):
        if not low <= value <= high:
            raise ConfigError(f"{key} is {value}, expected {low:g} to {high:g}")
    check_seed(config.seed, "seed")
    for key, text in (("name", config.name), ("description", config.description), ("limits", config.limits)):
        if not is_text(text):
            raise ConfigError(f"{key} is {text!r}, which is not text in UTF-8, as a model file needs it")
    _check_together(config)


def check_seed(seed: int, name: str) -> None:
    """Raise `ConfigError`, which calls it `name`, for a seed that some generator of numbers would refuse."""
    if not 0 <= seed <= _MOST_SEED:
        raise ConfigError(f"{name} is {seed}, expected 0 to {_MOST_SEED}")


def _list_ranges(config: TrainConfig) -> tuple[tuple[str, float, float, float], ...]:
    """Return each key that is a number, with its value, the lowest and the highest that make sense."""
    return (
        ("data.size", config.data.size, 8, _MOST_PX),
        ("data.validation", config.data.validation, 0.01, 0.5),
        ("data.test", config.data.test, 0.0, 0.5),
        ("data.tiles", config.data.tiles, 1, 1024),
        ("data.histories", config.data.histories, 1, 100),
        ("data.cuts", config.data.cuts, 1, 1000),
        ("data.retouched", config.data.retouched, 0.0, 1.0),
        ("data.gentle", config.data.gentle, 0, _MOST_PX),
        ("data.zoomed", config.data.zoomed, 0.0, 1.0),
        ("data.even", config.data.even, 0.0, 1.0),
        ("data.most", config.data.most, 0, 10**9),
        ("network.width", config.network.width, 1, 1024),
        ("network.stages", min(config.network.stages, default=0), 1, 4096),
        ("network.blocks", config.network.blocks, 0, 16),
        ("network.dropout", config.network.dropout, 0.0, 0.9),
        ("network.alpha", config.network.alpha, 0.05, 2.0),
        ("network.cut", config.network.cut, 1, 16),
        ("network.expansion", config.network.expansion, 2, 6),
        ("network.frozen", config.network.frozen, 0, 16),
        ("network.reduce", config.network.reduce, 1, 8),
        ("network.enlarge", config.network.enlarge, 1, 8),
        ("network.stem_stride", config.network.stem_stride, 1, 2),
        ("network.hidden", config.network.hidden, 0, 65_536),
        ("augment.shift", config.augment.shift, 0, config.data.size // 2 - 1),
        ("augment.cutmix", config.augment.cutmix, 0.0, 1.0),
        ("augment.degrade", config.augment.degrade, 0.0, 1.0),
        ("fit.epochs", config.fit.epochs, 0, 100_000),
        ("fit.batch_size", config.fit.batch_size, 1, 65_536),
        ("fit.learning_rate", config.fit.learning_rate, 1e-8, 10.0),
        ("fit.weight_decay", config.fit.weight_decay, 0.0, 1.0),
        ("fit.warmup_epochs", config.fit.warmup_epochs, 0.0, max(1, config.fit.epochs)),
        ("fit.label_smoothing", config.fit.label_smoothing, 0.0, 0.5),
        ("fit.ema", config.fit.ema, 0.0, 0.99999),
        ("fit.patience", config.fit.patience, 0, 100_000),
        ("fit.skip_easy", config.fit.skip_easy, 0.0, 0.95),
        ("fit.skip_until", config.fit.skip_until, 0.0, 1.0),
        ("fit.crop", config.fit.crop, 0, config.data.size),
        ("fit.crop_until", config.fit.crop_until, 0.0, 1.0),
        ("fit.repeats", config.fit.repeats, 1, 1000),
        ("fit.norm_momentum", config.fit.norm_momentum, 0.0, 0.9999),
        ("fit.probe", config.fit.probe, 0.0, 1000.0),
        ("fit.blend", config.fit.blend, 0.0, 1.0),
        ("fit.alike", config.fit.alike, 0.0, 1.0),
        *_list_stage_ranges(config),
    )


def _list_stage_ranges(config: TrainConfig) -> tuple[tuple[str, float, float, float], ...]:
    """Return those of the head, of teachers, and of what comes after the float network."""
    return (
        ("head.members", config.head.members, 1, 64),
        ("head.epochs", config.head.epochs, 1, 100_000),
        ("head.batch_size", config.head.batch_size, 1, 65_536),
        ("head.learning_rate", config.head.learning_rate, 1e-8, 10.0),
        ("head.weight_decay", config.head.weight_decay, 0.0, 1.0),
        ("head.dropout_in", config.head.dropout_in, 0.0, 0.9),
        ("head.dropout", config.head.dropout, 0.0, 0.9),
        ("distill.wrong_photos", config.distill.wrong_photos, 0.0, 0.5),
        ("distill.share", config.distill.share, 0.0, 1.0),
        ("prune.sparsity", config.prune.sparsity, 0.0, 0.95),
        ("prune.epochs", config.prune.epochs, 1, 100_000),
        ("prune.learning_rate", config.prune.learning_rate, 1e-8, 10.0),
        ("prune.ramp", config.prune.ramp, 0.1, 0.9),
        ("qat.epochs", config.qat.epochs, 1, 100_000),
        ("qat.learning_rate", config.qat.learning_rate, 1e-8, 10.0),
        ("decision.false_alarms", config.decision.false_alarms, 0.0, 1.0),
        ("decision.unsure_share", config.decision.unsure_share, 0.0, 0.5),
    )


def _check_together(config: TrainConfig) -> None:
    """Raise `ConfigError` for keys of which each is in range, and that do not go together."""
    if config.network.views not in VIEWS:
        raise ConfigError(f"network.views is {config.network.views}, expected {', '.join(map(str, VIEWS))}")
    _check_enlarged(config)
    for key, value in (("data.gentle", config.data.gentle), ("data.zoomed", config.data.zoomed)):
        if value and not (config.data.delivered and config.data.fit is Fit.RESIZE):
            raise ConfigError(f"{key} is of delivered whole pictures: set data.delivered, fit resize")
    read_factors(config.fit.weigh)
    if config.network.hidden % config.head.members:
        raise ConfigError(
            f"head.members is {config.head.members}, which {config.network.hidden} units, network.hidden, "
            "cannot be shared among"
        )
    if not all(1 <= level < config.network.cut for level in config.network.levels):
        raise ConfigError(
            f"network.levels is {list(config.network.levels)}, expected blocks before the last, "
            f"1 to {config.network.cut - 1}"
        )
    if not (config.fit.epochs or config.fit.probe or config.network.hidden):
        raise ConfigError(
            "fit.epochs is 0, and nothing else learns: give epochs, the penalty fit.probe, or network.hidden"
        )
    if config.network.half and (config.qat.enabled or config.prune.sparsity):
        raise ConfigError(
            "network.half uses layers twice, which pruning and quantization-aware training cannot: leave "
            "them out (`fakelens convert --int8` does without), or train another network, as with "
            "--network compact"
        )
    if config.augment.cutmix and config.fit.skip_easy:
        raise ConfigError("augment.cutmix hides which images are easy: set fit.skip_easy to 0, or cutmix")


def _check_enlarged(config: TrainConfig) -> None:
    enlarge = config.network.enlarge
    if enlarge > 1 and config.network.reduce > 1:
        raise ConfigError("network.enlarge and network.reduce undo each other: leave one out")
    if config.data.size * enlarge > _MOST_PX:
        raise ConfigError(
            f"network.enlarge is {enlarge}: {config.data.size} px become {config.data.size * enlarge}, "
            f"expected {_MOST_PX} at most"
        )
