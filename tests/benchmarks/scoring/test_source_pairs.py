"""Sources of fakes against sources of photos, on scores whose ranks can be counted by hand."""

import numpy as np
import pytest

from fakelens.benchmarks.metrics import roc_auc
from fakelens.benchmarks.scoring.source_pairs import SourcePairs, find_fakes, rank_pairs

PHONE, FILM = (0.1, 0.2, 0.3, 0.4, 0.5), (0.1, 0.1, 0.2, 0.9, 0.9)
GAN, DIFFUSION = (0.6, 0.7, 0.8, 0.9, 1.0), (0.2, 0.3, 0.9, 0.9, 0.9)
FEW = (0.0, 0.0)


def join(
    reals: dict[str, tuple[float, ...]], fakes: dict[str, tuple[float, ...]]
) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Labels, sources and scores of all images."""
    parts = [(0, name, scores) for name, scores in reals.items()]
    parts += [(1, name, scores) for name, scores in fakes.items()]
    labels = np.repeat([label for label, _, _ in parts], [len(scores) for *_, scores in parts])
    sources = [name for _, name, scores in parts for _ in scores]
    return labels.astype(np.uint8), sources, np.concatenate([scores for *_, scores in parts])


def rank(
    reals: dict[str, tuple[float, ...]], fakes: dict[str, tuple[float, ...]], resamples: int = 1000
) -> SourcePairs:
    pairs = rank_pairs(*join(reals, fakes), resamples=resamples)
    assert pairs is not None
    return pairs


def test_the_mean_and_the_worst_are_those_of_each_pair_alone() -> None:
    reals, fakes = {"phone": PHONE, "film": FILM}, {"gan": GAN, "diffusion": DIFFUSION, "few": FEW}
    pairs = rank(reals, fakes)
    assert (pairs.fake_sources, pairs.real_sources) == (("gan", "diffusion"), ("phone", "film"))
    labels = np.repeat([0, 1], 5)
    alone = {
        (fake, real): roc_auc(labels, np.array(reals[real] + fakes[fake]))
        for fake in pairs.fake_sources
        for real in pairs.real_sources
    }
    assert pairs.mean.value == pytest.approx(np.mean([*alone.values()]))
    assert pairs.worst_pair == min(alone, key=lambda pair: alone[pair]) == ("diffusion", "film")
    assert pairs.worst.value == pytest.approx(alone["diffusion", "film"]) == pytest.approx(17.5 / 25)
    assert pairs.worst.low < pairs.worst.value < pairs.worst.high


def test_the_interval_of_the_mean_is_as_wide_as_the_images_scatter() -> None:
    generator = np.random.default_rng(0)
    sizes = {"phone": 30, "film": 20, "gan": 25, "diffusion": 40}

    def draw() -> SourcePairs:
        drawn = {
            name: tuple(generator.normal(name in ("gan", "diffusion"), 1, size))
            for name, size in sizes.items()
        }
        return rank(
            {name: drawn[name] for name in ("phone", "film")},
            {name: drawn[name] for name in ("gan", "diffusion")},
            resamples=1,  # of the worst pair, which is not looked at
        )

    drawn = [draw().mean for _ in range(200)]
    scatter = 1.96 * np.std([mean.value for mean in drawn])
    half = np.mean([(mean.high - mean.low) / 2 for mean in drawn])
    assert half == pytest.approx(scatter, rel=0.15)


def test_without_sources_of_enough_images_there_is_no_pair() -> None:
    assert rank_pairs(*join({"phone": PHONE}, {"few": FEW})) is None
    assert rank_pairs(*join({"few": FEW}, {"gan": GAN})) is None


def test_found_is_above_all_but_a_twentieth_of_the_photos() -> None:
    photos = tuple(np.arange(40) / 40)  # the border is .925, which two photos are above
    found = find_fakes(*join({"phone": photos}, {"gan": GAN, "few": (0.9, 0.925, 0.95)}))
    assert found.of_all.value == pytest.approx(2 / 8)  # 1.0 and .95
    assert found.mean_of_sources == pytest.approx(1 / 5)  # of gan, the one with enough images
    assert found.of_all.low < 2 / 8 < found.of_all.high


def test_a_tie_with_the_photos_is_not_found() -> None:
    found = find_fakes(*join({"phone": (0.5,) * 40}, {"few": (0.5, 0.6)}))
    assert found.of_all.value == 0.5
    assert found.mean_of_sources is None
