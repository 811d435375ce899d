from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakelens.benchmarks.labelled import LabelledImage
from fakelens.benchmarks.scoring.accuracy import Scores
from fakelens.benchmarks.scoring.comparison import ScoredModel, compare_models
from fakelens.edge_runtime.modelfile.contract import Contract, Decision, InputSpec

IMAGES = tuple(LabelledImage(path=Path(f"{number}.png"), label=number // 4) for number in range(8))


def _model(name: str, p_fake: list[float], decision: Decision) -> ScoredModel:
    scores = Scores(
        images=IMAGES,
        labels=np.array([image.label for image in IMAGES], np.uint8),
        p_fake=np.array(p_fake),
        errors=(),
    )
    contract = Contract(name=name, input=InputSpec(size=8), decision=decision)
    return ScoredModel(path=Path(f"{name}.tflite"), contract=contract, scores=scores)


SURE = Decision(threshold=0.5)
#                              real, right but for the third   fake, right but for the last
REFERENCE = _model("float", [0.1, 0.2, 0.6, 0.3, 0.9, 0.8, 0.7, 0.4], SURE)


def test_a_model_agrees_with_its_copy() -> None:
    result = compare_models(_model("int8", REFERENCE.scores.p_fake.tolist(), SURE), REFERENCE)
    assert (result.difference, result.agreement.value, result.mcnemar.p_value) == (0, 1, 1)
    assert (result.path, result.accuracy.value) == (Path("float.tflite"), 6 / 8)


def test_differences_are_counted_image_by_image() -> None:
    # Mends the third real, spoils the first two and the first fake: 4 verdicts change.
    result = compare_models(_model("int8", [0.6, 0.7, 0.4, 0.3, 0.2, 0.8, 0.7, 0.4], SURE), REFERENCE)
    assert result.difference == (4 - 6) / 8
    assert result.agreement.value == 4 / 8
    assert result.agreement.low < 4 / 8 < result.agreement.high
    assert (result.mcnemar.only_a, result.mcnemar.only_b) == (1, 3)
    assert result.mcnemar.p_value == 2 * (1 + 4) / 2**4


def test_each_decides_by_its_own_threshold_and_unsure_is_a_verdict_of_its_own() -> None:
    scaled = _model("int8", [p / 10 for p in REFERENCE.scores.p_fake], Decision(threshold=0.05))
    assert compare_models(scaled, REFERENCE).agreement.value == 1
    doubtful = Decision(threshold=0.5, unsure_low=0.35, unsure_high=0.65)  # two images, both wrong
    result = compare_models(_model("int8", REFERENCE.scores.p_fake.tolist(), doubtful), REFERENCE)
    assert (result.agreement.value, result.difference) == (6 / 8, 0)


def test_other_images_are_refused() -> None:
    scores = replace(REFERENCE.scores, images=IMAGES[::-1])
    with pytest.raises(ValueError, match="different images"):
        compare_models(replace(REFERENCE, scores=scores), REFERENCE)
