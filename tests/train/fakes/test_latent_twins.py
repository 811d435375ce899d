from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras

from fakelens.train.fakes.latent_twins import Kind, Pair, make_pairs
from fakelens.train.fakes.latents import LatentAutoencoder, load_autoencoder
from fakelens.train.fakes.own_decoders import OwnDecoder, build_decoder, draw_specs
from tests.train.torch_files import make_halves, write_zip


@pytest.fixture(scope="module")
def autoencoder(tmp_path_factory: pytest.TempPathFactory) -> LatentAutoencoder:
    folder = tmp_path_factory.mktemp("weights")
    paths = [
        write_zip(folder / f"{half}.pth", weights)
        for half, weights in zip(("encoder", "decoder"), make_halves(), strict=True)
    ]
    return load_autoencoder(paths[0], paths[1], digests=None)


def _make(
    autoencoder: LatentAutoencoder, cuts: np.ndarray, seed: int = 0, own: Sequence[OwnDecoder] = ()
) -> list[Pair]:
    return make_pairs(cuts, autoencoder, [np.random.default_rng([seed, n]) for n in range(len(cuts))], own)


@pytest.fixture(scope="module")
def own() -> list[OwnDecoder]:
    keras.utils.set_random_seed(0)
    return [
        OwnDecoder(name=name, spec=spec, model=build_decoder(spec, 8), loss=0.0, quality=None)
        for name, spec in draw_specs(2, 0).items()
    ]


@pytest.fixture(scope="module")
def cuts() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (40, 32, 32, 3), dtype=np.uint8)


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


def test_decoders_of_our_own_come_up_as_often_as_the_given_one(
    autoencoder: LatentAutoencoder, cuts: np.ndarray, own: list[OwnDecoder]
) -> None:
    pairs = _make(autoencoder, np.concatenate([cuts, cuts]), own=own)
    counts = [sum(pair.part == decoder.name for pair in pairs) for decoder in own]
    assert all(16 <= count <= 38 for count in counts)  # of 80
    assert all(pair.part == pair.kind for pair in pairs if not pair.part.startswith("own-"))
    assert {pair.kind for pair in pairs if pair.part == own[0].name} == set(Kind)


def test_a_plain_twin_of_our_own_is_what_its_decoder_makes(
    autoencoder: LatentAutoencoder, cuts: np.ndarray, own: list[OwnDecoder]
) -> None:
    read = autoencoder.read(autoencoder.encode(cuts))
    pairs = _make(autoencoder, cuts, own=own)
    for decoder in own:
        decoded = decoder.paint(read).astype(int)
        plain = [n for n, pair in enumerate(pairs) if (pair.kind, pair.part) == (Kind.PLAIN, decoder.name)]
        assert plain
        assert max(np.abs(pairs[place].fake - decoded[place]).max() for place in plain) <= 2


def test_without_them_the_pairs_are_what_they_were(
    autoencoder: LatentAutoencoder, cuts: np.ndarray, own: list[OwnDecoder]
) -> None:
    alone, beside = _make(autoencoder, cuts), _make(autoencoder, cuts, own=own)
    assert [pair.kind for pair in alone] == [pair.kind for pair in beside]
    assert all(np.array_equal(one.real, other.real) for one, other in zip(alone, beside, strict=True))
    assert {pair.part for pair in alone} == set(Kind)


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
