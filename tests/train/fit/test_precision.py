import pytest

from fakelens.train.config import Precision
from fakelens.train.fit.precision import choose_policy


@pytest.mark.parametrize(
    ("precision", "policy"), [(Precision.FLOAT32, "float32"), (Precision.BFLOAT16, "mixed_bfloat16")]
)
def test_what_is_asked_for_is_used(precision: Precision, policy: str) -> None:
    assert choose_policy(precision) == policy


def test_auto_chooses_one_of_both() -> None:
    assert choose_policy(Precision.AUTO) in {"float32", "mixed_bfloat16"}
