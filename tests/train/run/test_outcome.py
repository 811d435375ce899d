from dataclasses import replace

import numpy as np
import pytest

from fakelens.benchmarks.metrics import Interval, bootstrap_interval, roc_auc
from fakelens.edge_runtime.errors import GateError
from fakelens.train.audit.leak import Leak
from fakelens.train.fit.calibrate import Calibration
from fakelens.train.run.outcome import Outcome, check_auc


def make_outcome(value: float, low: float, high: float, missing: str = "") -> Outcome:
    auc = Interval(value=value, low=low, high=high)
    return Outcome(auc=auc, pictures=1200, rarer=600, part="test", missing=missing)


def test_it_learned_where_the_whole_interval_is_above_chance() -> None:
    outcome = make_outcome(0.982, 0.96, 1.0)
    assert outcome.learned
    assert outcome.sentence == "learned: AUC .98 [.96, 1.00] on 1,200 test pictures, chance .50"


@pytest.mark.parametrize("auc", [(0.345, 0.2, 0.45), (0.58, 0.49, 0.7), (0.5, 0.5, 0.5)])
def test_it_is_no_better_than_guessing_otherwise(auc: tuple[float, float, float]) -> None:
    outcome = make_outcome(*auc)
    assert not outcome.learned
    assert outcome.sentence.startswith("no better than guessing: AUC .")


def test_of_few_pictures_it_is_not_said_that_they_were_guessed() -> None:
    few = replace(make_outcome(0.6, 0.1, 1.0), pictures=20, rarer=10)
    assert few.sentence == "too few pictures to tell: AUC .60 [.10, 1.00] on 20 test pictures, chance .50"
    assert few.is_doubtful
    worse = replace(make_outcome(0.2, 0.0, 0.4), pictures=20, rarer=10)
    assert worse.sentence.startswith("no better than guessing: AUC .20")


def test_of_very_few_pictures_nothing_is_said_whatever_the_interval() -> None:
    for auc in ((1.0, 1.0, 1.0), (0.0, 0.0, 0.0)):
        few = replace(make_outcome(*auc), pictures=90, rarer=7)
        assert few.sentence.startswith("too few pictures to tell: AUC ")
        assert (few.learned, few.is_doubtful) == (False, True)
    assert replace(make_outcome(1.0, 1.0, 1.0), pictures=16, rarer=8).learned


def test_chance_is_hardly_called_learned_on_as_few_pictures_as_are_enough() -> None:
    def count_learned(each: int, times: int) -> int:
        rng, labels = np.random.default_rng(1), np.arange(2 * each) % 2
        aucs = [
            bootstrap_interval(roc_auc, labels, rng.random(2 * each), resamples=300) for _ in range(times)
        ]
        return sum(Outcome(auc=auc, pictures=2 * each, rarer=each, part="test").learned for auc in aucs)

    assert count_learned(2, 60) == 0  # it was 9
    assert count_learned(8, 150) <= 8  # 4 of the 150 are due


def test_a_missing_class_is_named() -> None:
    sentence = make_outcome(0.9, 0.8, 1.0, "fake").sentence
    assert sentence.endswith("; the test part has no fake images and was not scored")


def test_a_calibration_at_its_bound_is_said() -> None:
    assert Calibration(temperature=20.0).at_bound
    assert Calibration(bias=-5.0).at_bound
    assert not Calibration(temperature=0.2).at_bound
    outcome = replace(make_outcome(0.9, 0.8, 1.0), at_bound=True)
    assert outcome.sentence.endswith("; calibration hit its bound, so P(fake) means little")


@pytest.mark.parametrize(
    ("auc", "alone", "verdict"),
    [
        ((0.9, 0.8, 1.0), 1.0, "as good as file type alone (audit): AUC .90"),
        ((0.9, 0.8, 0.95), 0.99, "not even as good as file type alone (audit): AUC .90"),
        ((0.9, 0.8, 0.95), 0.7, "learned: AUC .90"),
        ((0.5, 0.4, 0.6), 0.99, "no better than guessing: AUC .50"),
    ],
)
def test_what_the_audit_found_is_repeated(
    auc: tuple[float, float, float], alone: float, verdict: str
) -> None:
    leak = Leak(auc=alone, fact="file type", clue="file type: reals JPEG; fakes PNG", remedy="fakelens audit")
    outcome = replace(make_outcome(*auc), leak=leak)
    assert outcome.sentence.startswith(verdict)
    assert outcome.is_doubtful is not verdict.startswith("learned")
    end = f"real from fake with AUC {alone:.3f} (file type: reals JPEG; fakes PNG)"
    assert outcome.sentence.endswith(end)
    unseen = replace(outcome, leak=replace(leak, seen=False))  # every picture was compressed anew
    assert unseen.sentence.startswith("learned" if outcome.learned else "no better than guessing")
    assert f"{end}, which the network did not see" in unseen.sentence
    assert unseen.is_doubtful is not outcome.learned


def test_the_gate_is_on_the_auc() -> None:
    outcome = make_outcome(0.9, 0.8, 1.0)
    check_auc(outcome, None)
    check_auc(outcome, 0.9)
    with pytest.raises(GateError, match=r"AUC \.90 on test is below --require-auc 0.95"):
        check_auc(outcome, 0.95)
