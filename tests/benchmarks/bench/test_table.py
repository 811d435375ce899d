from pathlib import Path

import pytest

from fakelens.benchmarks.bench.table import TableConfig, measure_table
from fakelens.benchmarks.scoring.choice import BenchConfig
from fakelens.edge_runtime.errors import ModelError, UsageError


def _accuracy(models: tuple[str, ...], data: Path, exclude: Path | None = None) -> BenchConfig:
    return BenchConfig(models=models, data=data, exclude=exclude)


@pytest.mark.slow
def test_each_number_of_threads_has_a_line_and_exclusions_have_one_without_times(
    model_file: Path, data: Path, tmp_path: Path
) -> None:
    names = tmp_path / "seen.txt"
    names.write_text("FAKE/1 (1).png\n")
    models = (str(model_file),)
    config = TableConfig(models=models, threads=(1, 2), accuracy=_accuracy(models, data, names))
    one, two, without = measure_table(config)
    assert [line.latency.threads for line in (one, two) if line.latency] == [1, 2]
    assert one.row is two.row is not None
    assert without.latency is None
    assert without.row is not None
    assert (one.row.note, without.row.note) == ("", "without the 1 of seen.txt")
    assert one.latency is not None
    assert one.latency.sample.startswith("16 files of greys ")


def test_the_same_model_twice_has_two_lines(model_file: Path, data: Path) -> None:
    models = (str(model_file), str(model_file))
    lines = measure_table(TableConfig(models=models, accuracy=_accuracy(models, data)))
    assert [line.path for line in lines] == [model_file, model_file]
    assert all(line.row is not None and line.latency is None for line in lines)


def test_nothing_to_measure_and_no_such_model_are_errors(model_file: Path) -> None:
    with pytest.raises(UsageError, match="nothing to measure"):
        TableConfig(models=(str(model_file),))
    with pytest.raises(ModelError, match="no such model"):
        measure_table(TableConfig(models=(str(model_file), "gone"), threads=(1,)))
