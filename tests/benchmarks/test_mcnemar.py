import numpy as np
import pytest

from fakelens.benchmarks.mcnemar import mcnemar


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (1, 0), (3, 9), (7, 7), (60, 25), (900, 800)])
def test_mcnemar_is_the_exact_binomial_test(only_a: int, only_b: int) -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy is the reference")
    a = np.r_[np.ones(only_a), np.zeros(only_b), np.ones(5)]
    b = np.r_[np.zeros(only_a), np.ones(only_b), np.ones(5)]
    expected = stats.binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    result = mcnemar(a, b)
    assert (result.only_a, result.only_b) == (only_a, only_b)
    assert result.p_value == pytest.approx(expected, rel=1e-9)
