import os
from pathlib import Path

import numpy as np
import pytest

from fakelens.edge_runtime.errors import ConfigError
from fakelens.train.fakes.latents import SCALE, LatentAutoencoder, load_autoencoder
from tests.train.torch_files import make_halves, write_legacy, write_zip

TAEF2 = "FAKELENS_TAEF2"  # the folder with taef2_encoder.pth and taef2_decoder.pth


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("weights")
    encoder, decoder = make_halves()
    return write_zip(folder / "encoder.pth", encoder), write_legacy(folder / "decoder.pth", decoder)


def test_a_round_trip_keeps_the_shape_and_the_bytes(halves: tuple[Path, Path]) -> None:
    autoencoder = load_autoencoder(*halves, digests=None)
    images = np.random.default_rng(0).integers(0, 256, (2, 48, 64, 3), dtype=np.uint8)
    latents = autoencoder.encode(images)
    assert (latents.shape, latents.dtype) == ((2, 48 // SCALE, 64 // SCALE, 4), np.float32)
    assert latents.std() > 0
    decoded = autoencoder.decode(latents)
    assert (decoded.shape, decoded.dtype) == (images.shape, np.uint8)
    np.testing.assert_array_equal(load_autoencoder(*halves, digests=None).decode(latents), decoded)


def test_what_it_reads_in_latents_has_a_quarter_of_the_side(halves: tuple[Path, Path]) -> None:
    autoencoder = load_autoencoder(*halves, digests=None)
    latents = np.random.default_rng(0).normal(0, 1, (2, 6, 8, 4)).astype(np.float32)
    read = autoencoder.read(latents)
    assert (read.shape, read.dtype) == ((2, 12, 16, autoencoder.read_channels), np.float32)
    assert read.std() > 0


def test_the_decoder_takes_latents_within_its_limit(halves: tuple[Path, Path]) -> None:
    autoencoder = load_autoencoder(*halves, digests=None)
    far = np.full((1, 4, 4, 4), 1e4, np.float32)
    np.testing.assert_array_equal(autoencoder.decode(far), autoencoder.decode(2 * far))


def test_files_of_another_digest_are_refused_with_a_remedy(halves: tuple[Path, Path]) -> None:
    with pytest.raises(
        ConfigError, match=r"expected 10a4e1021e89.*give the taef2_encoder\.pth that github"
    ) as caught:
        load_autoencoder(*halves)
    assert "\n" not in str(caught.value)


def test_halves_in_the_wrong_order_are_told(halves: tuple[Path, Path]) -> None:
    with pytest.raises(ConfigError, match="give ENCODER, then DECODER"):
        load_autoencoder(halves[1], halves[0], digests=None)
    with pytest.raises(ConfigError, match=r"decoder\.pth: not this half of the auto-encoder"):
        load_autoencoder(halves[1], halves[1], digests=None)


def test_a_missing_half_is_one_line(halves: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.pth: the weights cannot be read .*taef2_decoder"):
        load_autoencoder(halves[0], tmp_path / "gone.pth", digests=None)


def _load_real() -> LatentAutoencoder:
    folder = os.environ.get(TAEF2)
    if not folder:
        pytest.skip(f"{TAEF2} names no folder with the weights, see train/recipes/README.md")
    return load_autoencoder(Path(folder) / "taef2_encoder.pth", Path(folder) / "taef2_decoder.pth")


def test_the_real_auto_encoder_gives_pictures_back() -> None:
    y, x = np.mgrid[:128, :128] / 128
    photo = np.stack([x, y, (np.sin(20 * x) * np.sin(14 * y) + 1) / 2], axis=-1)
    photo_u8 = (40 + 180 * photo).astype(np.uint8)[None]
    autoencoder = _load_real()
    back = autoencoder.decode(autoencoder.encode(photo_u8)).astype(float)
    assert 10 * np.log10(255**2 / np.mean((back - photo_u8) ** 2)) > 24


def test_real_halves_in_the_wrong_order_are_told() -> None:
    _load_real()
    folder = Path(os.environ[TAEF2])
    with pytest.raises(ConfigError, match="this is not the encoder: give ENCODER, then DECODER"):
        load_autoencoder(folder / "taef2_decoder.pth", folder / "taef2_encoder.pth")
