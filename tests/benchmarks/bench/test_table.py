from pathlib import Path

import pytest

from fakelens.benchmarks.bench.table import TableConfig, measure_table
from fakelens.benchmarks.scoring.choice import BenchConfig
from fakelens.edge_runtime.errors import ModelError, UsageError


def test_the_same_model_twice_has_two_lines(model_file: Path, data: Path) -> None:
    models = (str(model_file), str(model_file))
    lines = measure_table(TableConfig(models=models, accuracy=BenchConfig(models=models, data=data)))
    assert [line.path for line in lines] == [model_file, model_file]
    assert all(line.row is not None and line.latency is None for line in lines)


def test_nothing_to_measure_and_no_such_model_are_errors(model_file: Path) -> None:
    with pytest.raises(UsageError, match="nothing to measure"):
        TableConfig(models=(str(model_file),))
    with pytest.raises(ModelError, match="no such model"):
        measure_table(TableConfig(models=(str(model_file), "gone"), threads=(1,)))
