"""Both signals end the loop in order, and leave the process as it was."""

import os
import signal
from collections.abc import Iterator

import pytest

from fakelens.edge_runtime.live.controls import Controls
from fakelens.edge_runtime.live.stopping import stopped_by_signals


def test_sigterm_is_no_failure() -> None:
    controls = Controls()
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with stopped_by_signals(controls):
        os.kill(os.getpid(), signal.SIGTERM)
        assert controls.stopping
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def send(controls: Controls, *numbers: signal.Signals) -> Iterator[bool]:
    """Send the signals one after the other; after each, whether the controls say stop."""
    with stopped_by_signals(controls):
        for number in numbers:
            os.kill(os.getpid(), number)
            yield controls.stopping


def test_ctrl_c_is_an_interruption_once_all_is_closed() -> None:
    steps = send(Controls(), signal.SIGINT)
    assert next(steps)
    with pytest.raises(KeyboardInterrupt):
        next(steps)


def test_a_second_signal_does_not_wait() -> None:
    steps = send(Controls(), signal.SIGTERM, signal.SIGTERM)
    assert next(steps)
    with pytest.raises(KeyboardInterrupt):
        next(steps)  # from within the block
