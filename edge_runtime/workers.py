"""Work on many images in threads: decoding and inference both free the interpreter lock."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 16  # items worked on ahead of the consumer; bounds memory where that is the slower part


def map_in_order(
    work: Callable[[Item], Result], items: Iterable[Item], workers: int, ahead: int = _AHEAD
) -> Generator[Result, None, None]:
    """Yield `work(item)` for each of `items`, in their order, from `workers` threads.

    At most `ahead` items are taken before their results are asked for.
    """
    remaining = iter(items)
    with ThreadPoolExecutor(workers) as pool:
        pending: deque[Future[Result]] = deque(pool.submit(work, item) for item in islice(remaining, ahead))
        try:
            while pending:
                result = pending.popleft().result()
                # Before the consumer turns to its result: the workers go on meanwhile.
                pending.extend(pool.submit(work, item) for item in islice(remaining, 1))
                yield result
        finally:  # an error or an interruption: what was not begun is not
            for future in pending:
                future.cancel()
