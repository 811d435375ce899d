"""Whether two models differ on the same images, or chance does; numpy alone."""

from dataclasses import dataclass

import numpy as np

from fakelens.benchmarks.metrics import Array


@dataclass(frozen=True, kw_only=True)
class McNemar:
    """Two models on the same images: how many only one of them got right, and the two-sided p-value."""

    only_a: int
    only_b: int
    p_value: float


def mcnemar(correct_a: Array, correct_b: Array) -> McNemar:
    """Return the exact two-sided test of equal accuracy on the same images (McNemar 1947, binomial form).

    `correct_a` and `correct_b`: bool [n], whether each model was right on image i.
    """
    a, b = np.asarray(correct_a, bool), np.asarray(correct_b, bool)
    if a.shape != b.shape:
        raise ValueError(f"{a.shape} and {b.shape} answers: expected the same images")
    only_a, only_b = int(np.sum(a & ~b)), int(np.sum(b & ~a))
    discordant = only_a + only_b
    ways = term = 1  # of the binomial coefficients C(discordant, 0), C(discordant, 1), ...
    for k in range(min(only_a, only_b)):
        term = term * (discordant - k) // (k + 1)
        ways += term
    return McNemar(only_a=only_a, only_b=only_b, p_value=min(1.0, 2 * ways / 2**discordant))
