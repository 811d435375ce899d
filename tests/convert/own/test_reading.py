import numpy as np
import pytest

from fakelens.convert.own.config import Scaling
from fakelens.convert.own.reading import find_reading
from fakelens.convert.own.scaling import Floats
from fakelens.edge_runtime.errors import UsageError

LABELS = (np.arange(60) % 2).astype(np.uint8)
IMAGES = (np.random.default_rng(0).integers(0, 60, (60, 8, 8, 3)) + 90 * LABELS[:, None, None, None]).astype(
    np.uint8
)


def _lean(images: Floats) -> Floats:
    """Return a logit that is right for pixels of 0..1: the fakes here are brighter than .3."""
    return ((images.mean(axis=(1, 2, 3)) - 0.3) * 20)[:, None]


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -60, 60))), np.float32)


def test_among_scalings_that_rank_alike_the_likeliest_is_taken() -> None:
    finding = find_reading(lambda images: _sigmoid(_lean(images)), IMAGES, LABELS)
    assert finding.reading.scaling is Scaling.UNIT
    assert (finding.reading.outputs, finding.reading.logits, finding.reading.fake_last) == (1, False, True)
    assert finding.auc.value == 1.0


def test_logits_and_the_other_order_are_found() -> None:
    one = find_reading(lambda images: -_lean(images), IMAGES, LABELS).reading
    assert (one.logits, one.fake_last) == (True, False)
    pair = find_reading(
        lambda images: np.concatenate([1 - _sigmoid(_lean(images)), _sigmoid(_lean(images))], axis=1),
        IMAGES,
        LABELS,
        (Scaling.UNIT,),
    )
    assert (pair.reading.outputs, pair.reading.logits, pair.reading.fake_last) == (2, False, True)
    assert "scaling 0..1 (no other tried); two probabilities, the second one is fake" in str(pair)


def test_answers_without_meaning_are_refused() -> None:
    with pytest.raises(UsageError, match="do not add up to one, such as of two sigmoids"):
        find_reading(lambda images: np.full((len(images), 2), 0.9, np.float32), IMAGES, LABELS)
    with pytest.raises(UsageError, match="numbers that are none"):
        find_reading(lambda images: np.full((len(images), 1), np.nan, np.float32), IMAGES, LABELS)
    with pytest.raises(UsageError, match=r"does not tell these pictures apart with scaling 0..1: AUC 0.50"):
        find_reading(
            lambda images: np.full((len(images), 1), 0.5, np.float32), IMAGES, LABELS, (Scaling.UNIT,)
        )
    answer = np.full((len(IMAGES), 1), 0.5, np.float32)
    assert find_reading(lambda _: answer, IMAGES, LABELS, (Scaling.UNIT,), given=True).is_guess
