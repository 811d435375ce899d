"""One peer at work, in its own environment: plain Python, started by path, knows nothing of fakelens.

`python worker.py ADAPTER.py JOB.json`. It judges the first image and says so (cold start ends there), then
obeys the lines on stdin: `folder` judges every image, `single N` the first one N times, `memory` tells the
peak; each is answered by one line of JSON.
"""

import json
import os
import runpy
import sys
import time
from typing import Any


def work(adapter: str, job: dict[str, Any]) -> None:
    """Load `adapter` and obey stdin until it ends."""
    if hasattr(os, "sched_setaffinity"):  # N threads means N cores, for every peer alike
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job["threads"]])
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    judge, judge_all = runpy.run_path(adapter)["load"](job)
    first = judge(job["paths"][0])
    print(json.dumps({"scores": [float(score) for score in first]}), file=answers)
    for line in sys.stdin:
        command, _, number = line.strip().partition(" ")
        start = time.perf_counter()
        if command == "folder":
            scores = [[float(score) for score in image] for image in judge_all(job["paths"])]
            answer: Any = {"seconds": time.perf_counter() - start, "scores": scores}
        elif command == "single":
            answer = {"ms": [_time(judge, job["paths"][0]) for _ in range(int(number))]}
        else:
            answer = {"bytes": _read_peak()}
        print(json.dumps(answer), file=answers)


def _time(judge: Any, path: str) -> float:
    start = time.perf_counter()
    judge(path)
    return (time.perf_counter() - start) * 1e3


def _read_peak() -> int:
    with open("/proc/self/status") as status:  # noqa: PTH123
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


if __name__ == "__main__":
    if len(sys.argv) < 3 or "--help" in sys.argv:
        sys.stdout.write(f"{__doc__}\n")
    else:
        with open(sys.argv[2]) as file:  # noqa: PTH123
            work(sys.argv[1], json.load(file))
