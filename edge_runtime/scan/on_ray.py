"""The same scan on a Ray cluster: the checker in a pool of actors, the lines back in the order of the plan.

Ray restarts an actor that dies and gives its pictures to another; plan, parts and resume are those of a scan
on one machine, and a place in the plan that comes back out of turn ends the scan. Needs the extra `ray`.
"""

import logging
import os
import socket
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from fakelens.edge_runtime.errors import FakelensError, UsageError
from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.edge_runtime.scan.checker import Answer, Check, Checker, CheckerSpec
from fakelens.edge_runtime.scan.item import Item, item_from_line

LOCAL = "local"  # as Ray calls it too
_ROUND = 500_000  # pictures that Ray is given at a time; the actors start again with each
_BATCH = 64  # pictures that an actor is given at a time
_ANSWER_S = 10.0
_STORE_BYTES = 256_000_000  # of a Ray of our own: it holds names and lines, no pictures


@dataclass(frozen=True, kw_only=True)
class RaySpec:
    """Where Ray is, and how many actors check."""

    address: str = LOCAL  # of a cluster, as `ray.init` takes it; local: one of our own, on this machine
    workers: int = 0  # 0: as many as there are cores


class RayChecker:
    """What an actor holds: the checker, loaded once."""

    def __init__(self, spec: CheckerSpec, model: list[Any]) -> None:
        """Load the model file whose content is behind the one reference in `model`; none need lie here."""
        import ray

        descriptor, name = tempfile.mkstemp(suffix=".tflite")
        with os.fdopen(descriptor, "wb") as file:
            file.write(ray.get(model[0]))
        try:
            self._checker = Checker(replace(spec, model=name))
        finally:
            Path(name).unlink()

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Return place, line and outcome of each row of `batch`, whose columns are place and item."""
        answers = list(self._checker.check(map(item_from_line, batch["item"].tolist())))
        return {
            "place": batch["place"],
            "line": [answer.line for answer in answers],
            "outcome": [answer.outcome for answer in answers],
        }


def open_ray(ray_spec: RaySpec) -> Callable[[CheckerSpec], Check]:
    """Connect to Ray and return what opens a check on it, for `scan`.

    Raises `MissingExtraError` without Ray, `UsageError` where nobody answers at the address, or where the
    cluster has fewer cores than workers are asked for.
    """
    require_extra("ray", "ray", "pyarrow", "pandas")
    workers = _connect(ray_spec)

    def open_check(spec: CheckerSpec) -> Check:
        import ray

        # In a list the reference stays one, and is held here: an actor that begins again finds it.
        model = [ray.put(find_model(spec.model).read_bytes())]
        actor_spec = replace(spec, threads=spec.threads or 1)

        def check(items: Iterable[Item]) -> Iterator[Answer]:
            remaining = iter(items)
            while chunk := list(islice(remaining, _ROUND)):
                yield from _check_round(chunk, (actor_spec, model), workers)

        return check

    return open_check


def check_answers(address: str) -> None:
    """Raise `UsageError` where nobody listens at `address`: Ray itself would try for long."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon:
        return  # auto
    try:
        socket.create_connection((host.strip("[]"), int(port)), _ANSWER_S).close()
    except (OSError, ValueError) as error:
        raise _name_silence(address, str(error)) from error


def _name_silence(address: str, reason: str) -> UsageError:
    reason = " ".join(reason.split())[:160]
    if address == LOCAL:
        return UsageError(
            f"--ray: Ray does not start on this machine ({reason}); run the same command again when it is "
            "less busy, or give the address of a cluster"
        )
    return UsageError(
        f"--ray {address}: no cluster answers ({reason}); begin one with `ray start --head`, or leave the "
        "address out for one on this machine"
    )


def _connect(ray_spec: RaySpec) -> int:
    check_answers(ray_spec.address)
    warnings.filterwarnings("ignore", module=r"ray\.")
    import ray

    own = ray_spec.address == LOCAL
    options: dict[str, Any] = {"address": ray_spec.address}
    if own:
        options |= {"num_cpus": ray_spec.workers or None, "object_store_memory": _STORE_BYTES}
        options |= {"include_dashboard": False}
    try:
        ray.init(**options, log_to_driver=False, logging_level=logging.ERROR, configure_logging=True)
    except Exception as error:  # of many kinds
        raise _name_silence(ray_spec.address, str(error)) from error
    cores = int(ray.cluster_resources().get("CPU", 0))
    if ray_spec.workers > cores:
        raise UsageError(
            f"--ray-workers {ray_spec.workers}: the cluster has {cores} cores, so some would never "
            "come; ask for "
            f"up to {cores}"
        )
    return ray_spec.workers or max(1, cores)


def _check_round(
    chunk: list[Item], arguments: tuple[CheckerSpec, list[Any]], workers: int
) -> Iterator[Answer]:
    import ray

    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    rows = [{"place": place, "item": item.to_line()} for place, item in enumerate(chunk)]
    blocks = min(len(rows), max(workers, min(len(rows) // _BATCH, 200 * workers)))
    checked = ray.data.from_items(rows, override_num_blocks=blocks).map_batches(
        RayChecker,
        fn_constructor_args=arguments,
        batch_size=_BATCH,
        num_cpus=arguments[0].threads,
        compute=ray.data.ActorPoolStrategy(size=max(1, workers // arguments[0].threads)),
    )
    expected = 0
    try:
        for batch in checked.iter_batches(batch_size=None, batch_format="numpy"):
            for place, line, outcome in zip(batch["place"], batch["line"], batch["outcome"], strict=True):
                if place != expected:
                    raise FakelensError(
                        f"Ray gave picture {place} where {expected} was due; run the same command again"
                    )
                expected += 1
                yield Answer(line=str(line), outcome=str(outcome))
    except ray.exceptions.RayError as error:
        raise _explain(error) from error
    if expected != len(chunk):
        raise FakelensError(
            f"Ray gave {expected} of {len(chunk)} answers; run the same command again, it goes on from there"
        )


def _explain(error: BaseException) -> FakelensError:
    """Return the error of ours that `error` carries, or its last line."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, FakelensError):
            return cause
        cause = getattr(cause, "cause", None) or cause.__cause__
    lines = [line for line in str(error).splitlines() if line.strip()]
    return UsageError(
        f"Ray stopped: {lines[-1].strip() if lines else type(error).__name__}; what is done is kept, run the "
        "same command again"
    )
