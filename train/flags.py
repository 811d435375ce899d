"""From the options of `fakelens train` to the keys of a configuration; contradictions are refused."""

from collections.abc import Mapping
from typing import Any

from fakelens.edge_runtime.errors import UsageError
from fakelens.train.settings import parse_setting
from fakelens.train.starts.tuning import check_alone, describe_start

_KEYS: Mapping[str, str] = {
    "network": "network.name",
    "size": "data.size",
    "epochs": "fit.epochs",
    "batch_size": "fit.batch_size",
    "alpha": "network.alpha",
    "weights": "network.weights",
    "teacher": "distill.teachers",
    "prune": "prune.sparsity",
    "qat": "qat.enabled",
    "seed": "seed",
    "name": "name",
}


def gather_flags(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `options`, by their names, set, as dotted keys; `UsageError` where they contradict."""
    _check(options)
    given: dict[str, Any] = {}
    if options["start"] is not None:
        named = ("recipe", "network", "size", "tiles", "resize", "alpha", "weights")
        check_alone(options["start"], {f"--{name}": options[name] for name in named})
        given |= describe_start(options["start"])
    if options["tiles"]:
        given["data.fit"] = "tiles"
    if options["resize"] is not None:
        given |= {"data.fit": "resize", "data.size": options["resize"]}
    given |= {key: options[name] for name, key in _KEYS.items() if options[name] not in (None, [], ())}
    if "distill.teachers" in given:
        given["distill.teachers"] = tuple(given["distill.teachers"])
    return given | dict(parse_setting(text) for text in options["setting"] or [])


def _check(options: Mapping[str, Any]) -> None:
    least_auc = options["require_auc"]
    if least_auc is not None and not 0.5 <= least_auc <= 1:
        raise UsageError(f"--require-auc is {least_auc:g}, expected .5 (chance) to 1")
    if options["resize"] is not None and (options["tiles"] or options["size"] is not None):
        raise UsageError("--resize PX sets size and scaling: leave out --tiles and --size")
    of_run = (options["resume"], options["data"], options["recipe"], options["start"])
    if options["parent"] is not None and of_run != (False, None, None, None):
        raise UsageError(
            "--from takes data and settings of its RUN: leave out DATA, --recipe, --start and --resume"
        )
