"""Native code's stderr is kept off the screen, and everything else is not."""

import importlib
import logging
import os
import sys
import threading
import warnings

import pytest

from fakelens.edge_runtime.machine.quiet import MutedWarnings, muted_stderr, without_keras_3


def test_native_output_goes_to_the_log_alone(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with muted_stderr():
        os.write(2, b"INFO: native talk\n")
    assert capfd.readouterr().err == ""
    assert "native talk" in caplog.text


def test_stderr_speaks_again_afterwards_even_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    os.write(2, b"before\n")
    with pytest.raises(ValueError), muted_stderr():
        int("inside" * os.write(2, b"inside\n"))
    os.write(2, b"after\n")
    print("and Python too", file=sys.stderr, flush=True)
    assert capfd.readouterr().err == "before\nafter\nand Python too\n"


def test_stderr_speaks_again_after_the_last_of_overlapping_threads(capfd: pytest.CaptureFixture[str]) -> None:
    """Each muting by itself, the last to leave would put back what the first one had put in place."""
    inside, left = threading.Event(), threading.Event()

    def stay_longer() -> None:
        with muted_stderr():
            inside.set()
            left.wait(5)
            os.write(2, b"still muted\n")

    with muted_stderr():
        thread = threading.Thread(target=stay_longer)
        thread.start()
        assert inside.wait(5)
    left.set()
    thread.join()
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def list_free_handles() -> list[int]:
    handles = [os.dup(2) for _ in range(20)]
    for handle in handles:
        os.close(handle)
    return handles


def test_no_handle_is_left_open() -> None:
    before = list_free_handles()
    for _ in range(5):
        with muted_stderr():
            pass
    assert list_free_handles() == before


def test_warnings_are_back_after_the_last_of_overlapping_threads() -> None:
    """With `warnings.catch_warnings` in each thread, the filter of the first to leave would be lost."""
    muted, inside, left = MutedWarnings(), threading.Event(), threading.Event()

    def stay_longer() -> None:
        with muted:
            inside.set()
            left.wait(10)
            warnings.warn("inside the other thread", stacklevel=1)

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with muted:
            thread = threading.Thread(target=stay_longer)
            thread.start()
            assert inside.wait(10)
        left.set()
        thread.join()
        assert not seen
        warnings.warn("outside", stacklevel=1)
    assert [str(warning.message) for warning in seen] == ["outside"]


def test_keras_3_is_hidden_inside_the_block_unless_it_is_there_already(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    with without_keras_3(), pytest.raises(ImportError):
        importlib.import_module("keras")
    assert "keras" not in sys.modules
    monkeypatch.setitem(sys.modules, "keras", sys)  # as if it were that
    with without_keras_3():
        assert importlib.import_module("keras") is sys
    assert sys.modules["keras"] is sys
