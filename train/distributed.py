"""Several processes that train one model: each on its share of every batch, all with the same weights.

MultiWorkerMirroredStrategy carries the sums: of gradients, of the statistics of batch norm (which must be the
synchronized kind), of what is known of validation images. Weights stay ordinary variables that all processes
move alike. Images are shared out by the digest of their pixels, so every machine finds its own.
"""

import hashlib
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.errors import FakelensError, RunError, UsageError
from fakelens.edge_runtime.escape import escape_line, quote
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.machine.quiet import muted_stderr, silence_tensorflow, without_keras_3
from fakelens.train.data.epoch import EpochPlan, plan_epoch
from fakelens.train.rendezvous import meet
from fakelens.train.workers import VARIABLE, Workers

_log = logging.getLogger(__name__)
# What TensorFlow says where a process is lost, and which one it was.
_SIGNS = ("Collective ops is aborted", "coordination service", "heartbeat", "Socket closed", "Connection re")
_SILENT = re.compile(r"heartbeats?\):\s*/job:worker/(?:replica:\d+/)?task:(\d+)")
_WORD = 4  # bytes of what is summed where bytes are shared


class Team:
    """The processes that train together; by itself, a team of one."""

    def __init__(self, count: int = 1, here: Sequence[int] = (0,), strategy: Any = None) -> None:
        """`here` are the shares of this process: all of them where there is no strategy to carry sums."""
        self.count, self.here, self._strategy = count, tuple(here), strategy

    @property
    def is_chief(self) -> bool:
        """Whether this process keeps checkpoints and hands over the model."""
        return 0 in self.here

    def run(self, step: Callable[[], Any]) -> Any:
        """Return what `step` does, called inside a TensorFlow function; `add` works within."""
        return step() if self._strategy is None else self._strategy.run(step)

    def add(self, tensors: list[Any]) -> list[Any]:
        """Return the sums of `tensors` over all processes."""
        if self._strategy is None:
            return tensors
        import tensorflow as tf

        placed = [tf.identity(tensor) for tensor in tensors]  # on the device of this process
        found: list[Any] = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, placed)
        return found

    def total(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the sum of `array` over all processes."""
        if self._strategy is None:
            return array
        import tensorflow as tf

        @tf.function
        def add_up(part: Any) -> Any:
            return self._strategy.run(lambda value: self.add([value])[0], (part,))

        result: npt.NDArray[Any] = add_up(tf.constant(array)).numpy()
        return result

    def share(self, content: bytes) -> bytes:
        """Return the chief's `content` in every process."""
        if self._strategy is None:
            return content
        length = int(self.total(np.array([len(content) if self.is_chief else 0], np.int64))[0])
        if not length:
            return b""
        own = content if self.is_chief else bytes(length)
        words = np.frombuffer(own + bytes(-length % _WORD), np.int32)
        return self.total(words).tobytes()[:length]

    def share_weights(self, model: Any) -> None:
        """Give the `model` of every process the chief's weights."""
        if self._strategy is None:
            return
        weights = model.get_weights()
        content = self.share(b"".join(array.tobytes() for array in weights))
        shared, start = [], 0
        for array in weights:
            shared.append(np.frombuffer(content, array.dtype, array.size, start).reshape(array.shape))
            start += array.nbytes
        model.set_weights(shared)

    def share_file(self, path: Any) -> None:
        """Give every process the chief's file at `path`, if there is one."""
        if self._strategy is None:
            return
        content = self.share(path.read_bytes() if self.is_chief and path.exists() else b"")
        if content and not self.is_chief:
            write_atomic(path, content)

    def predict_all(
        self, forward: Callable[[Any], npt.NDArray[np.float64]], images: Any
    ) -> npt.NDArray[np.float64]:
        """Return what `forward` gives for all `images`, each process for its part of them."""
        if self._strategy is None:
            return forward(images)
        mine = np.arange(self.here[0], len(images), self.count)
        found = np.zeros(len(images))
        if len(mine):
            found[mine] = forward(images[mine])
        return self.total(found)

    def round_batch(self, batch_size: int) -> int:
        """Return the largest batch up to `batch_size` of which all shares are as large."""
        if batch_size < self.count:
            raise UsageError(f"fit.batch_size is {batch_size}: {self.count} workers need an image each")
        return batch_size - batch_size % self.count

    def split(self, images: Any) -> npt.NDArray[np.int64]:
        """Return the share [n] that each of `images` belongs to, by the digest of its bytes."""
        if self.count == 1:
            return np.zeros(len(images), np.int64)
        digests = (hashlib.sha256(np.asarray(image).tobytes()).digest() for image in images)
        return np.array([int.from_bytes(each[:8], "big") % self.count for each in digests], np.int64)

    def merge_losses(self, losses: npt.NDArray[np.float32], shares: npt.NDArray[np.int64]) -> None:
        """Give `losses`, of which each process knows those of its share, the values of all."""
        if self._strategy is not None:
            mine = np.isin(shares, self.here)
            losses[:] = self.total(np.where(mine, losses, np.float32(0)))


SOLO = Team()


@dataclass(frozen=True, kw_only=True)
class EpochSpec:
    """What an epoch is planned from; see `plan_epoch`."""

    batch_size: int  # of all processes together
    skip_easy: float
    repeats: int


def plan_shares(
    team: Team,
    shares: npt.NDArray[np.int64],
    losses: npt.NDArray[np.float32],
    spec: EpochSpec,
    generators: Sequence[np.random.Generator],
) -> list[EpochPlan]:
    """Return the batches of an epoch for each share of this process, as many for each share of any.

    `shares` [n] and `losses` [n] are of the images; `generators` one for each share of any process.
    """
    batch_size = spec.batch_size // team.count
    plans = []
    for share in range(team.count):
        rows = np.flatnonzero(shares == share)
        if not len(rows):
            raise UsageError(f"share {share} of {team.count} has no images; train with fewer workers")
        plan = plan_epoch(losses[rows], batch_size, spec.skip_easy, generators[share], spec.repeats)
        plans.append(EpochPlan(rows=rows[plan.rows], weights=plan.weights))
    steps = max(len(plan.rows) for plan in plans)
    return [
        EpochPlan(
            rows=np.resize(plans[share].rows, (steps, plans[share].rows.shape[1])),
            weights=np.resize(plans[share].weights, (steps, plans[share].rows.shape[1])),
        )
        for share in team.here
    ]


def join_team(workers: Workers | None, facts: dict[str, str], wait_s: float) -> Team:
    """Load TensorFlow and return the team of `workers`, once all have come and agree on `facts`.

    `RunError` where one does not come within `wait_s`, `UsageError` where one trains on something else.
    """
    if workers is None:
        return SOLO
    os.environ[VARIABLE] = workers.to_variable()
    _log.info("worker %d of %d, %s", workers.index, len(workers.addresses), ", ".join(workers.addresses))
    silence_tensorflow()
    with muted_stderr():
        import tensorflow as tf

        with without_keras_3():
            import tensorflow_model_optimization  # noqa: F401 (before tf.keras is touched)

    meet(workers, facts, wait_s)
    with muted_stderr():
        try:
            strategy = tf.distribute.MultiWorkerMirroredStrategy()  # before anything else runs
        except (RuntimeError, ValueError, tf.errors.OpError) as error:
            line = " ".join(str(error).split())[:200]
            raise RunError(f"{workers.addresses[workers.index]}: cannot begin there ({line})") from error
    return Team(len(workers.addresses), (workers.index,), strategy)


@contextmanager
def name_losses(team: Team, run: Any) -> Iterator[None]:
    """End the process with one line and the remedy where another of the team is gone.

    At once: on the way out, TensorFlow would wait for it.
    """
    if team.count == 1:
        yield
        return
    import tensorflow as tf

    try:
        yield
    except FakelensError as error:
        leave_team(f"fakelens: {error}", error.exit_code)
    except tf.errors.OpError as error:
        message = str(error.message)
        gone = tell_loss(message)
        if gone is None:
            leave_team(f"fakelens: TensorFlow stopped ({' '.join(message.split())[:200]})", 2)
        leave_team(
            f"fakelens: {gone} is gone; the checkpoint of the last epoch is kept, begin all of them again "
            f"with --resume -o {quote(run)}",
            2,
        )


def tell_loss(message: str) -> str | None:
    """Return which worker is gone, as TensorFlow's `message` says; None where it speaks of something else."""
    if not any(sign in message for sign in _SIGNS):
        return None
    silent = _SILENT.search(message)
    return f"worker {silent[1]}" if silent else "another worker"


def leave_team(line: str, code: int = 0) -> None:
    """Say `line` and end this process at once."""
    sys.stdout.flush()
    print(escape_line(line), file=sys.stderr, flush=True)  # noqa: T201 (the last that is said)
    os._exit(code)
