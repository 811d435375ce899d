import numpy as np

from fakelens.convert.choice import Attempt, choose_attempt, describe_choice
from fakelens.edge_runtime.modelfile.contract import Decision

LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 1], np.uint8)
KERAS = np.where(LABELS == 1, 0.9, 0.1).astype(np.float32)


def _attempt(wrong: int, aware: str | None = None) -> Attempt:
    p_fake = KERAS.copy()
    p_fake[:wrong] = 0.8
    return Attempt(graph=b"", p_fake=p_fake, aware=aware)


def test_the_first_that_is_within_the_limit_is_taken_else_the_best() -> None:
    plain, aware, worse = _attempt(1), _attempt(0, "trained now"), _attempt(2, "as trained")
    assert choose_attempt([plain, aware], KERAS, LABELS, Decision(), 20) is plain  # 12.5 points
    assert choose_attempt([plain, aware], KERAS, LABELS, Decision(), 1) is aware
    assert choose_attempt([worse, plain], KERAS, LABELS, Decision(), 1) is plain
    gate = describe_choice([plain, aware], aware, KERAS, LABELS, Decision())
    assert gate.figure == (
        "took quantization-aware, trained now (plain: +12.50 points lost; quantization-aware, trained now: "
        "+0.00 points lost)"
    )
