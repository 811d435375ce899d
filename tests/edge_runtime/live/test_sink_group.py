"""One sink that fails does not end the watching."""

from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from fakelens.edge_runtime.errors import SinkError
from fakelens.edge_runtime.live.sink_group import SinkGroup
from fakelens.edge_runtime.live.status import LiveStatus


class FailingSink:
    def __init__(self, error: Exception) -> None:
        self.error, self.closed = error, 0

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:  # noqa: ARG002
        raise self.error

    def close(self) -> None:
        self.closed += 1
        raise self.error


@pytest.mark.parametrize(
    "error",
    [SinkError("--record x is off: the disk is full"), OSError(28, "No space left on device", "x.jsonl")],
)
def test_a_failing_sink_is_told_once_and_left_out(
    kept: Any, make_status: Callable[..., LiveStatus], caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    failing = FailingSink(error)
    group = SinkGroup([failing, kept])
    for _ in range(3):
        group.update(make_status(), None)
    group.close()
    assert len(kept.statuses) == 3
    assert (failing.closed, kept.closed) == (1, 1)
    assert len(caplog.records) == 1
    assert caplog.records[0].getMessage().endswith("watching goes on")
    assert " is off: " in caplog.records[0].getMessage()


def test_a_url_in_the_reason_shows_no_credentials(
    make_status: Callable[..., LiveStatus], caplog: pytest.LogCaptureFixture
) -> None:
    group = SinkGroup([FailingSink(SinkError("mqtt://user:secret@broker is off"))])
    group.update(make_status(), None)
    assert "mqtt://***@broker" in caplog.text
    assert "secret" not in caplog.text


def test_a_reader_that_is_gone_ends_the_command(kept: Any, make_status: Callable[..., LiveStatus]) -> None:
    group = SinkGroup([FailingSink(BrokenPipeError()), kept])
    with pytest.raises(BrokenPipeError):
        group.update(make_status(), None)
    group.close()
    assert kept.closed == 1
