"""Pictures are taken over the whole length."""

from fakelens.edge_runtime.pictures.video.still import spread


def test_few_are_all_taken_and_many_are_spread_from_end_to_end() -> None:
    assert list(spread(3, 5)) == [0, 1, 2]
    assert list(spread(0, 5)) == []
    chosen = list(spread(1000, 5))
    assert (len(chosen), chosen[0], chosen[-1]) == (5, 0, 999)
