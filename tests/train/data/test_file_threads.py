import pytest

from fakelens.train.data.file_threads import map_threads


def test_answers_come_in_order() -> None:
    assert list(map_threads(lambda number: number * 2, range(300), "")) == list(range(0, 600, 2))


def test_an_error_ends_it() -> None:
    with pytest.raises(ZeroDivisionError):
        list(map_threads(lambda number: 1 / number, [1, 0, 2], ""))
