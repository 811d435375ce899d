from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.train.fakes.latent_twins import Kind, Pair, cut_photo, make_pairs
from fakelens.train.fakes.latents import LatentAutoencoder, load_autoencoder
from tests.train.torch_files import make_halves, write_zip


@pytest.fixture(scope="module")
def autoencoder(tmp_path_factory: pytest.TempPathFactory) -> LatentAutoencoder:
    folder = tmp_path_factory.mktemp("weights")
    paths = [
        write_zip(folder / f"{half}.pth", weights)
        for half, weights in zip(("encoder", "decoder"), make_halves(), strict=True)
    ]
    return load_autoencoder(paths[0], paths[1], digests=None)


def _make(autoencoder: LatentAutoencoder, cuts: np.ndarray, seed: int = 0) -> list[Pair]:
    return make_pairs(cuts, autoencoder, [np.random.default_rng([seed, n]) for n in range(len(cuts))])


@pytest.fixture(scope="module")
def cuts() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (40, 32, 32, 3), dtype=np.uint8)


def test_a_cut_is_a_square_of_the_photo_or_of_a_smaller_one() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (100, 140, 3), dtype=np.uint8)
    photo = Image.fromarray(pixels)
    native = 0
    for seed in range(60):
        cut = cut_photo(photo, 64, np.random.default_rng(seed))
        assert cut is not None
        assert cut.shape == (64, 64, 3)
        windows = (pixels[top : top + 64, left : left + 64] for top in range(37) for left in range(77))
        native += any(np.array_equal(cut[0], window[0]) for window in windows)
    assert 10 <= native <= 40  # two of five
    assert cut_photo(photo, 104, np.random.default_rng(0)) is None


def test_pairs_keep_the_photo_and_come_in_every_kind(
    autoencoder: LatentAutoencoder, cuts: np.ndarray
) -> None:
    pairs = _make(autoencoder, cuts)
    for pair, cut in zip(pairs, cuts, strict=True):
        np.testing.assert_array_equal(pair.real, cut)
        assert (pair.fake.shape, pair.fake.dtype) == (cut.shape, np.uint8)
        assert np.any(pair.fake != cut)
    assert {pair.kind for pair in pairs} == set(Kind)


def test_a_plain_twin_is_the_round_trip_itself(autoencoder: LatentAutoencoder, cuts: np.ndarray) -> None:
    decoded = autoencoder.decode(autoencoder.encode(cuts))
    pairs = _make(autoencoder, cuts)
    plain = [place for place, pair in enumerate(pairs) if pair.kind is Kind.PLAIN]
    off = [np.abs(pairs[place].fake.astype(int) - decoded[place]).max() for place in plain]
    assert max(off) <= 2  # a batch of other neighbours may round otherwise


def test_a_mixed_twin_lies_between_the_round_trip_and_the_photo(
    autoencoder: LatentAutoencoder, cuts: np.ndarray
) -> None:
    decoded = autoencoder.decode(autoencoder.encode(cuts)).astype(int)
    for place, pair in enumerate(_make(autoencoder, cuts)):
        if pair.kind is Kind.MIXED:
            low, high = np.minimum(decoded[place], cuts[place]), np.maximum(decoded[place], cuts[place])
            assert np.all((pair.fake >= low - 2) & (pair.fake <= high + 2))


def test_the_same_random_numbers_give_the_same_pairs(
    autoencoder: LatentAutoencoder, cuts: np.ndarray
) -> None:
    one, other, third = (_make(autoencoder, cuts[:8], seed) for seed in (3, 3, 4))
    assert [pair.fake.tobytes() for pair in one] == [pair.fake.tobytes() for pair in other]
    assert [pair.fake.tobytes() for pair in one] != [pair.fake.tobytes() for pair in third]


def test_the_twin_of_a_grey_photo_is_grey(autoencoder: LatentAutoencoder, cuts: np.ndarray) -> None:
    grey = np.repeat(cuts[:8, ..., :1], 3, axis=-1)
    for pair in _make(autoencoder, grey):
        assert (pair.fake == pair.fake[..., :1]).all()


def test_the_files_need_not_lie_anywhere_special(tmp_path: Path) -> None:
    encoder, decoder = make_halves(seed=5)
    paths = write_zip(tmp_path / "a.bin", encoder), write_zip(tmp_path / "b.bin", decoder)
    assert load_autoencoder(*paths, digests=None).encoder
