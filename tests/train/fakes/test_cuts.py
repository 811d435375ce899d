import numpy as np
from PIL import Image

from fakelens.train.fakes.cuts import cut_photo


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
