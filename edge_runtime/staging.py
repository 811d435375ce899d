"""An output folder that appears when it is complete, and not before."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fakelens.edge_runtime.errors import UsageError


def check_output(output: Path, option: str) -> None:
    """Raise `UsageError`, with `option` in its remedy, unless `output` is new or an empty folder."""
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise UsageError(f"{output} exists and is not empty: give another {option} or remove it first")


@contextmanager
def stage_folder(output: Path) -> Iterator[Path]:
    """Yield a folder that becomes `output` at the end, and is gone after any error or interruption."""
    output.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=output.parent, prefix=f".{output.name}."))
    try:
        yield staging
        mask = os.umask(0)
        os.umask(mask)
        staging.chmod(0o777 & ~mask)
        if output.exists():
            output.rmdir()
        staging.rename(output)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
