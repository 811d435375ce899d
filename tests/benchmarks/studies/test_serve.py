"""The load on `serve`: what is counted, and the tables; the figures are the command's to find."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.benchmarks.studies.serve import (
    Load,
    Pace,
    Throughput,
    measure_throughput,
    prepare_request,
    put_load,
    report,
    serving,
)

pytest.importorskip("starlette", reason="needs the extra serve")
pytest.importorskip("python_multipart", reason="needs the extra serve")


def test_both_ways_check_the_same_files(
    model_file: Path, tmp_path: Path, save_grey: Callable[[Path, int], Path]
) -> None:
    paths = [save_grey(tmp_path / f"{level}.png", level) for level in (10, 120, 240)] * 4
    (tmp_path / "none.png").write_bytes(b"no picture")
    with serving(str(model_file)) as place:
        throughput = measure_throughput(paths, place, str(model_file), rounds=1)
        requests = [prepare_request(path.read_bytes(), place) for path in (*paths, tmp_path / "none.png")]
        load = put_load(requests, place, clients=5, slow=True)
    for pace in (throughput.check, throughput.serve):
        assert pace.per_s > 0
        assert pace.cpu_ms > 0
    assert throughput.serve.clients_cpu_ms > 0
    assert (load.clients, load.slow, len(load.seconds), load.others) == (5, True, 12, 1)


def test_the_tables_hold_the_figures() -> None:
    load = Load(clients=32, slow=True, seconds=tuple(n / 1000 for n in range(1, 101)), others=2)
    serve = Pace(per_s=19, cpu_ms=51.25, clients_cpu_ms=0.3)
    text = report(Throughput(check=Pace(per_s=20, cpu_ms=50), serve=serve), [load], 100)
    assert "| serve, two clients a core | 19.0 | 0.95 | 51.2 | 0.3 |" in text
    assert "| 32 and a slow one | 100 | 50 | 90 | 99 | 2 |" in text
    assert "p99 of the last row is 0.06 times the turn in which each of 32 clients" in text
