"""The load on `serve`: what is counted, and the tables; the figures are the command's to find."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.benchmarks.studies.serve import Load, Throughput, measure_throughput, put_load, report, serving

pytest.importorskip("starlette", reason="needs the extra serve")
pytest.importorskip("python_multipart", reason="needs the extra serve")


def test_both_ways_check_the_same_files(
    model_file: Path, tmp_path: Path, save_grey: Callable[[Path, int], Path]
) -> None:
    paths = [save_grey(tmp_path / f"{level}.png", level) for level in (10, 120, 240)] * 4
    (tmp_path / "none.png").write_bytes(b"no picture")
    with serving(str(model_file)) as place:
        throughput = measure_throughput(paths, place, str(model_file), rounds=1)
        load = put_load([*paths, tmp_path / "none.png"], place, clients=5, slow=True)
    assert throughput.check > 0
    assert throughput.serve > 0
    assert (load.clients, load.slow, len(load.seconds), load.others) == (5, True, 12, 1)


def test_the_tables_hold_the_figures() -> None:
    load = Load(clients=32, slow=True, seconds=tuple(n / 1000 for n in range(1, 101)), others=2)
    text = report(Throughput(check=20, serve=19), [load], 100)
    assert "| serve, two clients a core | 19.0 | 0.95 |" in text
    assert "| 32 and a slow one | 100 | 50 | 90 | 99 | 2 |" in text
    assert "p99 of the last row is 0.06 times the turn in which each of 32 clients" in text
