import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakelens.train.data.cache import fill_once, reserve_blocks

OLD = (1_000_000_000, 1_000_000_000)  # seconds, in 2001
FILL = """
import os, sys, time
from pathlib import Path
from fakelens.train.data.cache import fill_once

def fill(partial):
    os.utime(partial, (1_000_000_000, 1_000_000_000))
    print(partial, flush=True)
    time.sleep(60)

fill_once(Path(sys.argv[1]), fill)
"""


def _list(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_appears_when_it_is_complete_and_is_filled_once(tmp_path: Path) -> None:
    def fail(partial: Path) -> None:
        (partial / "half").touch()
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fill_once(tmp_path / "a", fail)
    assert _list(tmp_path) == []
    fill_once(tmp_path / "a", lambda partial: (partial / "whole").touch())
    fill_once(tmp_path / "a", fail)
    assert _list(tmp_path / "a") == ["whole"]


def test_what_a_killed_run_left_goes_and_what_a_running_one_fills_stays(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FILL, str(tmp_path / "slow")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            partial = Path(process.stdout.readline().strip())
            fill_once(tmp_path / "a", Path.touch)
            assert partial.is_dir()  # untouched for long, but somebody fills it
        finally:
            process.kill()
    fresh = tmp_path / ".partial-fresh"
    fresh.mkdir()
    fill_once(tmp_path / "b", Path.touch)
    assert _list(tmp_path) == [fresh.name, "a", "b"]
    (fresh / "array").touch()
    os.utime(fresh, OLD)  # a folder keeps its time while a file in it grows
    fill_once(tmp_path / "c", Path.touch)
    assert fresh.is_dir()
    os.utime(fresh / "array", OLD)
    fill_once(tmp_path / "d", Path.touch)
    assert not fresh.exists()


def test_a_sparse_file_gets_its_blocks(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(1_000_000)
    assert path.stat().st_blocks == 0
    reserve_blocks(path)
    assert path.stat().st_blocks * 512 >= 1_000_000 == path.stat().st_size
