import pytest

from fakelens.edge_runtime.progress import show_progress


def test_everything_passes_in_order_and_nothing_is_printed_without_a_terminal(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert list(show_progress(range(5), "counting", 5)) == [0, 1, 2, 3, 4]
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""
