from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakelens.benchmarks.labelled import LabelledImage, find_labelled
from fakelens.benchmarks.scoring.accuracy import leave_out, measure_accuracy, score_images
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.contract import Decision


def test_scores_are_those_of_the_detector_in_the_order_of_the_images(model_file: Path, data: Path) -> None:
    images = find_labelled(data)
    detector = Detector(model_file)
    scores = score_images(detector, images)
    assert scores.images == tuple(images)
    assert scores.labels.tolist() == [0] * 10 + [1] * 10
    assert scores.p_fake.tolist() == [detector.check(image.path).p_fake for image in images]
    assert scores.p_fake[10] == pytest.approx(1 / (1 + np.exp(-2 / 16)), abs=1e-5)  # grey 130


def test_figures_follow_from_the_contract(model_file: Path, data: Path) -> None:
    detector = Detector(model_file)
    accuracy = measure_accuracy(score_images(detector, find_labelled(data)), detector.contract.decision)
    counts = accuracy.metrics.confusion
    assert (counts.real_as_real, counts.real_as_fake, counts.fake_as_real, counts.fake_as_fake) == (
        9,
        1,
        2,
        8,
    )
    assert accuracy.metrics.accuracy.value == 17 / 20
    assert accuracy.unsure.value == 1 / 20
    assert (accuracy.decided_n, accuracy.decided and accuracy.decided.value) == (19, 16 / 19)


def test_the_threshold_is_the_contracts_not_one_half(model_file: Path, data: Path) -> None:
    scores = score_images(Detector(model_file), find_labelled(data))
    strict = measure_accuracy(scores, Decision(threshold=0.9999))  # only grey 276 and above would reach it
    assert strict.metrics.confusion.fake_as_fake == 0
    assert strict.unsure.value == 0
    everything = measure_accuracy(scores, Decision(unsure_low=0.0, unsure_high=1.0))
    assert (everything.unsure.value, everything.decided) == (1.0, None)


def test_excluded_images_do_not_count(model_file: Path, data: Path) -> None:
    images = find_labelled(data)
    scores = score_images(Detector(model_file), images)
    dark_fakes = frozenset(images[number].path for number in (11, 12))
    accuracy = measure_accuracy(leave_out(scores, dark_fakes), Decision())
    assert accuracy.metrics.n == 18
    assert accuracy.metrics.accuracy.value == 17 / 18
    kept = leave_out(scores, frozenset([images[9].path]))  # the bright real
    assert kept.images == tuple(image for image in images if image is not images[9])
    counts = measure_accuracy(kept, Decision()).metrics.confusion
    assert (counts.real_as_real, counts.real_as_fake, counts.fake_as_real) == (9, 0, 2)


def test_an_unreadable_image_is_reported_and_the_rest_goes_on(model_file: Path, data: Path) -> None:
    images = find_labelled(data)
    images[3].path.write_bytes(b"no image")
    scores = score_images(Detector(model_file), images)
    assert len(scores.images) == len(scores.p_fake) == 19
    assert images[3] not in scores.images
    assert len(scores.errors) == 1
    assert str(images[3].path) in scores.errors[0]


def test_no_readable_image_is_an_error(model_file: Path, tmp_path: Path) -> None:
    image = LabelledImage(path=tmp_path / "gone.png", label=1)
    with pytest.raises(UsageError, match=r"none of 2 images can be read; the first: .*gone\.png"):
        score_images(Detector(model_file), [image, replace(image, label=0)])
