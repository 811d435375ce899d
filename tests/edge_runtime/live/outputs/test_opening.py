"""Sinks are opened as the command line asks, all or none."""

import gc
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.live.controls import Controls
from fakelens.edge_runtime.live.outputs.opening import OutputConfig, open_outputs
from fakelens.edge_runtime.live.outputs.recorder import RecorderConfig

NOTHING = OutputConfig(
    window=False, jsonl=None, interval_s=10, recorder=None, preview=None, token=None, mqtt=None
)


def test_text_gives_way_to_json_on_standard_output() -> None:
    names = [
        [type(sink).__name__ for sink in open_outputs(replace(NOTHING, jsonl=jsonl), Controls()).sinks]
        for jsonl in (None, "-")
    ]
    assert names == [["TerminalSink", "WatchdogSink"], ["JsonlSink", "WatchdogSink"]]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are read from /proc")
def test_where_one_cannot_be_opened_the_others_are_closed(tmp_path: Path) -> None:
    pytest.importorskip("starlette", reason="needs the [preview] extra")
    gc.collect()  # what earlier tests left open
    files, threads = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    config = replace(
        NOTHING,
        jsonl=str(tmp_path / "live.jsonl"),
        recorder=RecorderConfig(folder=tmp_path / "kept"),
        preview="0.0.0.0:0",  # which needs a token
    )
    with pytest.raises(UsageError, match="--token"):
        open_outputs(config, Controls())
    assert (tmp_path / "live.jsonl").exists()
    assert len(list(Path("/proc/self/fd").iterdir())) == files
    assert threading.active_count() == threads
