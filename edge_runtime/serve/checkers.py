"""The threads that check pictures with one detector, and how many pictures may wait for them."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial

from starlette.requests import ClientDisconnect

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.machine.memory import return_large_blocks
from fakelens.edge_runtime.machine.quiet import MUTED
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig
from fakelens.edge_runtime.serve.answer import Answer, Wish, make_answer
from fakelens.edge_runtime.serve.budget import PixelBudget
from fakelens.edge_runtime.serve.counters import Counters
from fakelens.edge_runtime.serve.limits import Limits, RefusedError
from fakelens.edge_runtime.serve.upload import Upload

_DECODED_BYTES = 250_000_000  # of the pictures that threads hold together
_FAREWELL_S = 5.0  # that ending waits for pictures whose answers nobody waits for any more
_SOON_S = 0.5  # most answers take less
_LONGEST_WAIT_S = 60  # that a client is asked to wait before it tries again


class Checkers:
    """Checks pictures in `workers` threads; more than the limit of waiting ones are refused.

    The numbers belong to the server's event loop.
    """

    def __init__(self, detector: Detector, workers: int, limits: Limits, counters: Counters) -> None:
        return_large_blocks()
        self.detector = detector
        self._workers, self._limits, self._counters = workers, limits, counters
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="check")
        self._pixels = PixelBudget(_DECODED_BYTES)
        self._muted = ExitStack()
        self._muted.enter_context(MUTED)  # once, or each picture would set the filters of warnings anew
        self._begun: set[Future[Answer]] = set()  # not yet over
        self.admitted = 0  # pictures that wait or are being checked
        self._usual_s = 0.1  # that one picture takes, lately

    def refuse_when_full(self, count: int = 1) -> None:
        """Raise `RefusedError` where `count` pictures more cannot wait."""
        if count > self._limits.queue:
            raise RefusedError(413, f"{count} files at once, at most {self._limits.queue}; send fewer")
        if self.admitted + count > self._limits.queue:
            wait_s = round(self._usual_s * self.admitted / self._workers)
            wait_s = min(max(1, wait_s), _LONGEST_WAIT_S)
            text = f"busy: {self.admitted} pictures wait already; try again in {wait_s} s"
            raise RefusedError(429, text, retry_after_s=wait_s)

    def check(self, uploads: Sequence[Upload], wish: Wish) -> "Batch":
        """Begin to check `uploads`; `RefusedError` where there are too many."""
        self.refuse_when_full(len(uploads))
        loop = asyncio.get_running_loop()
        return Batch(works=tuple(self._submit(upload, wish, loop) for upload in uploads))

    def close(self) -> int:
        """End the threads; what waits is not begun.

        Returns how many pictures are still being checked after a while: their threads are left to themselves,
        and only the end of the process ends them.
        """
        self._pool.shutdown(wait=False, cancel_futures=True)
        unfinished = len(wait(tuple(self._begun), _FAREWELL_S).not_done)
        if not unfinished:
            self._pool.shutdown(wait=True)
        self._muted.close()
        return unfinished

    def _submit(self, upload: Upload, wish: Wish, loop: asyncio.AbstractEventLoop) -> "Work":
        self.admitted += 1
        work = Work(future=self._pool.submit(self._work, upload, wish), answer=loop.create_future())
        self._begun.add(work.future)
        work.future.add_done_callback(lambda _: self._call_leave(work, loop))
        return work

    def _call_leave(self, work: "Work", loop: asyncio.AbstractEventLoop) -> None:
        self._begun.discard(work.future)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(self._leave, work)

    def _leave(self, work: "Work") -> None:
        """Give the answer on: the loop is woken up once a picture."""
        self.admitted -= 1
        work.tell()

    def _work(self, upload: Upload, wish: Wish) -> Answer:
        start = time.perf_counter()
        holder = object()
        decode = DecodeConfig(
            strict=False,
            max_megapixels=self._limits.max_megapixels,
            reserve=partial(self._pixels.reserve, holder),
        )
        try:
            answer = make_answer(self.detector, upload, wish, decode)
        finally:
            self._pixels.release(holder)
        taken_s = time.perf_counter() - start
        self._usual_s += 0.1 * (taken_s - self._usual_s)
        self._counters.count_picture(answer.label, taken_s)
        return answer


@dataclass(frozen=True, kw_only=True)
class Work:
    """One picture, being checked in a thread; its answer belongs to the loop."""

    future: "Future[Answer]"
    answer: "asyncio.Future[Answer]"

    def tell(self) -> None:
        """Let those who wait know how the thread ended."""
        if self.answer.done():  # nobody waits any more
            return
        if self.future.cancelled():
            self.answer.cancel()
        elif (error := self.future.exception()) is not None:
            self.answer.set_exception(error)
        else:
            self.answer.set_result(self.future.result())


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The pictures of one request, being checked."""

    works: tuple[Work, ...]

    async def wait(
        self, until_gone: Callable[[], Coroutine[None, None, None]], timeout_s: float
    ) -> list[Answer]:
        """Return all answers, in order.

        Raises `RefusedError` where they take longer, `ClientDisconnect` where `until_gone` ends before, which
        is begun only where they do not come at once.
        """
        answers = [work.answer for work in self.works]
        every = answers[0] if len(answers) == 1 else asyncio.gather(*answers)
        soon_s = min(_SOON_S, timeout_s)
        await asyncio.wait((every,), timeout=soon_s)
        if not every.done():
            gone = asyncio.create_task(until_gone())
            try:
                await asyncio.wait(
                    (every, gone), timeout=timeout_s - soon_s, return_when=asyncio.FIRST_COMPLETED
                )
                if gone.done() and not every.done():
                    raise ClientDisconnect
            finally:
                gone.cancel()
        if every.done():
            every.result()  # raises what a thread raised
            return [answer.result() for answer in answers]
        text = f"no answer after {timeout_s:g} s; send fewer pictures, or serve with a larger --timeout"
        raise RefusedError(503, text, retry_after_s=round(timeout_s))

    def drop(self) -> None:
        """Do not begin what has not begun: nobody waits for it."""
        for work in self.works:
            work.answer.cancel()
            work.future.cancel()
