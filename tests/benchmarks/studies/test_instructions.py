"""A hand-written loop beside a check: what is counted of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.benchmarks.studies.instructions import VerdictCost, count_calls, instructions, loop_some
from fakelens.benchmarks.timing.pictures import make_pictures
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.container import pack_model
from fakelens.edge_runtime.modelfile.contract import Contract, InputSpec


def test_the_loop_looks_at_each_file(tmp_path: Path, build_brightness_graph: Callable[..., bytes]) -> None:
    model = tmp_path / "b.tflite"
    model.write_bytes(pack_model(build_brightness_graph(), Contract(name="b", input=InputSpec(size=8))))
    make_pictures(tmp_path / "made", 2, 8, 8)
    loop_some(str(model), str(tmp_path / "made"))
    make_pictures(tmp_path / "large", 2, 16, 8)
    with pytest.raises(UsageError, match="neither resizes nor converts"):
        loop_some(str(model), str(tmp_path / "large"))


def test_the_share_is_what_the_loop_takes_of_a_check() -> None:
    assert VerdictCost(model="b", check=130, pixels=125, loop=100).share == 0.8


def test_calls_are_counted_the_same_each_time(
    tmp_path: Path, build_brightness_graph: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKELENS_CACHE", str(tmp_path))
    model = tmp_path / "b.tflite"
    model.write_bytes(pack_model(build_brightness_graph(), Contract(name="b", input=InputSpec(size=8))))
    first = count_calls(model)
    assert first == count_calls(model)
    assert 100 < first.pixels < first.check < 2.5 * first.loop  # small pictures are judged together
    assert first.loop > 100


def test_without_valgrind_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="apt-get install valgrind"):
        instructions(models=["cifake-300k"])
