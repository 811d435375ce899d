import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.fakes.decoder_start import start_from_colours
from fakelens.train.fakes.own_decoders import MOST_DECODERS, build_decoder, draw_specs

BLOCK_PX = 4


def _draw_photos(seed: int, count: int = 8, side: int = 48) -> ImageU8:
    rng = np.random.default_rng(seed)
    patches = rng.integers(0, 256, (count, 3, 3, 3), dtype=np.uint8)
    photos = [Image.fromarray(patch).resize((side, side), Image.Resampling.BICUBIC) for patch in patches]
    return np.stack([np.asarray(photo) for photo in photos])


def _read(photos: ImageU8) -> np.ndarray:
    """Return six channels of which the colours of blocks follow; a hue is weak among them, as it may be."""
    count, height, width, _ = photos.shape
    blocks = photos.reshape(count, height // BLOCK_PX, BLOCK_PX, width // BLOCK_PX, BLOCK_PX, 3)
    means = blocks.mean(axis=(2, 4), dtype=np.float32)
    mixing = np.random.default_rng(9).normal(0, 1, (3, 6)) * np.array([[3.0], [0.3], [0.1]])
    return (means @ mixing / 100 + 2).astype(np.float32)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("place", range(MOST_DECODERS))
def test_an_untrained_decoder_enlarges_the_colours_of_photos_that_it_never_saw(place: int, seed: int) -> None:
    model = build_decoder(list(draw_specs(MOST_DECODERS, seed).values())[place], 6)
    seen, unseen = _draw_photos(1), _draw_photos(2)
    start_from_colours(model, _read(seen), seen)
    inside = np.s_[:, 8:-8, 8:-8]  # zeros around the picture reach in
    error = (model(_read(unseen)).numpy() - unseen)[inside]
    assert np.sqrt(np.mean(error**2)) < 12  # grey levels; its colours spread by 60
    blocks = error.reshape(8, 8, BLOCK_PX, 8, BLOCK_PX, 3).mean(axis=(2, 4))
    assert np.abs(blocks).mean() < 4
