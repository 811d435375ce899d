"""A file that may not be read is called so, and is neither damaged nor to be removed or made again."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fakelens.benchmarks.bench.variants import build_variants
from fakelens.convert.network import load_network
from fakelens.convert.own.keras_models import load_classifier
from fakelens.convert.run import read_validation
from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import explain_os_error
from fakelens.train.fit.checkpoint import load_state
from fakelens.train.run import rundir
from fakelens.train.starts import start_file
from fakelens.train.studies.kept_rows import open_rows

READERS: dict[str, Callable[[Path], object]] = {
    "float.npz": load_state,
    "model.h5": lambda path: load_network(path, cast(Any, None)),
    "model.keras": lambda path: load_classifier(path, None),
    "rows.jsonl": lambda path: open_rows(path, {}),
    "start.start.npz": lambda path: start_file.read_start(str(path)),
    run_layout.RECORD: lambda path: build_variants(path.parent),
    run_layout.SOURCE: lambda path: rundir.read_start(path.parent),
    run_layout.VALIDATION: lambda path: read_validation(cast(Any, SimpleNamespace(path=path.parent))),
}


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("name", READERS)
def test_what_may_not_be_read_is_not_called_damaged(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch(mode=0)
    with pytest.raises(PermissionError) as caught:
        READERS[name](path)
    assert explain_os_error(caught.value).startswith(f"{path}: Permission denied; change its rights")
