"""Weights of views: fitted to what they are worth, never below 0, the same for both classes."""

from pathlib import Path

import numpy as np
import pytest

from fakelens.convert.fusion import (
    ViewLogits,
    fit_fusion,
    fuse_scores,
    read_logits,
    weigh_images,
)
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.pictures.tiles import to_logit

VIEWS = ("tiles", "whole")


def draw(weights: tuple[float, float], bias: float, count: int = 20_000) -> ViewLogits:
    """Scores whose truth follows exactly from this fusion."""
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 2, (count, 2))
    p_fake = 1 / (1 + np.exp(-(logits @ np.array(weights) + bias)))
    labels = (generator.random(count) < p_fake).astype(np.uint8)
    return ViewLogits(logits=logits, labels=labels, sources=("",) * count)


def test_the_true_weights_are_found() -> None:
    scores = draw((0.8, 0.3), 0.0)
    fusion = fit_fusion(scores, np.ones(len(scores.labels)))
    assert fusion.weights == pytest.approx((0.8, 0.3), abs=0.03)
    assert fusion.bias == pytest.approx(0.0, abs=0.05)


def test_a_view_that_is_wrong_gets_no_say() -> None:
    scores = draw((0.8, -0.4), 0.0)
    fusion = fit_fusion(scores, np.ones(len(scores.labels)))
    assert fusion.weights[0] > 0.5
    assert fusion.weights[1] == 0.0


def test_the_number_is_meant_for_as_many_real_ones_as_fakes() -> None:
    scores = draw((0.8, 0.3), 0.0)
    few = np.flatnonzero(scores.labels == 1)[:1000]
    chosen = np.concatenate([few, np.flatnonzero(scores.labels == 0)])
    skewed = ViewLogits(
        logits=scores.logits[chosen], labels=scores.labels[chosen], sources=("",) * len(chosen)
    )
    fusion = fit_fusion(skewed, weigh_images(skewed.labels))
    assert fusion.bias == pytest.approx(0.0, abs=0.15)
    assert np.mean(fuse_scores(skewed.logits, fusion)[: len(few)]) > 0.6


def test_views_that_never_err_have_finite_weights() -> None:
    logits = np.array([[-1.0, -2.0], [-2.0, -1.0], [1.0, 2.0], [2.0, 1.0]])
    scores = ViewLogits(logits=logits, labels=np.array([0, 0, 1, 1], np.uint8), sources=("",) * 4)
    fusion = fit_fusion(scores, np.ones(4))
    assert all(0 <= weight <= 20 for weight in fusion.weights)


def test_views_that_say_the_same_of_all_images_are_refused() -> None:
    scores = ViewLogits(logits=np.zeros((4, 2)), labels=np.array([0, 0, 1, 1], np.uint8), sources=("",) * 4)
    with pytest.raises(UsageError, match="no view ranks the fakes above the real"):
        fit_fusion(scores, np.ones(4))


def test_views_without_any_worth_are_refused() -> None:
    scores = draw((-0.8, -0.4), 0.0)
    with pytest.raises(UsageError, match="no view ranks the fakes above the real"):
        fit_fusion(scores, np.ones(len(scores.labels)))


def test_each_source_counts_the_same_where_it_is_asked() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1], np.uint8)
    sources = ("a", "a", "a", "b", "a", "c")
    np.testing.assert_allclose(weigh_images(labels), [0.25] * 4 + [0.5] * 2)
    np.testing.assert_allclose(weigh_images(labels, sources), [1 / 6] * 3 + [0.5] + [0.5] * 2)


def test_scores_come_from_a_csv(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("source,label,whole,tiles,more\na,fake,1.5,-2,x\nb,0,0,1e-3,y\n")
    scores = read_logits(path, VIEWS)
    np.testing.assert_array_equal(scores.logits, [[-2.0, 1.5], [0.001, 0.0]])
    assert scores.labels.tolist() == [1, 0]
    assert scores.sources == ("a", "b")
    assert scores.tiers == ("", "")
    path.write_text("tiles,whole,label,tier\n1,1,1,clean\n0,0,0,web\n")
    assert read_logits(path, VIEWS).tiers == ("clean", "web")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tiles,label\n1,fake\n", "no column 'whole', expected tiles, whole, label"),
        ("", "no column 'tiles'"),
        ("tiles,whole,label\n1,2,fake\n1,2,other\n", "line 3 has 1, 2, other"),
        ("tiles,whole,label\n1,nan,fake\n", "line 2 has 1, nan, fake"),
        ("tiles,whole,label\n1,41,fake\n", "line 2 has 1, 41, fake"),
        ("tiles,whole,label\n1,,fake\n", "line 2 has 1, , fake"),
        ("tiles,whole,label\n1\n", "line 2 has 1, None, None"),
        ("tiles,whole,label\n1,2,fake\n", "1 rows of one class"),
    ],
)
def test_a_csv_that_does_not_fit_is_refused_with_the_line(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "scores.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=reason) as caught:
        read_logits(path, VIEWS)
    assert "\n" not in str(caught.value)


def test_p_fake_in_place_of_logits_is_refused(tmp_path: Path) -> None:
    """A file fitted to it has the figures of one fitted to logits, and answers by none of them."""
    path, p_fakes = tmp_path / "scores.csv", np.linspace(0, 1, 20)
    lines = [f"{row - 9},{p_fake:.4f},{row % 2}" for row, p_fake in enumerate(p_fakes)]
    path.write_text("\n".join(["tiles,whole,label", *lines]))
    with pytest.raises(UsageError, match="column 'whole' is below 0 or above 1, so it holds P"):
        read_logits(path, VIEWS)


def test_logits_end_where_those_of_views_do(tmp_path: Path) -> None:
    """A border beyond would be one that no picture lies above."""
    path = tmp_path / "scores.csv"
    path.write_text("whole,label\n6.2364,0\n-12,1\n")
    np.testing.assert_allclose(
        read_logits(path, ["whole"]).logits[:, 0], to_logit(np.array([1, 0])), atol=2e-4
    )


def test_no_csv_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_logits(tmp_path / "none.csv", VIEWS)
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\0\0")
    with pytest.raises(UsageError, match="is no CSV"):
        read_logits(tmp_path / "bytes.csv", VIEWS)
