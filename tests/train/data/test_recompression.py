import numpy as np
import pytest
from PIL import Image

from fakelens.train.data.recompression import circulate

PHOTO = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8))


def test_the_same_generator_state_gives_the_same_picture() -> None:
    one, other = (circulate(PHOTO, 64, np.random.default_rng(5)) for _ in range(2))
    assert one.tobytes() == other.tobytes()


def test_histories_differ() -> None:
    rng = np.random.default_rng(0)
    assert len({circulate(PHOTO, 64, rng).tobytes() for _ in range(20)}) > 15


@pytest.mark.parametrize("smallest", [32, 90, 200])
def test_no_picture_falls_below_the_size_of_a_tile_by_it(smallest: int) -> None:
    rng = np.random.default_rng(1)
    for _ in range(40):
        picture = circulate(PHOTO, smallest, rng)
        assert picture.mode == "RGB"
        assert min(picture.size) >= min(smallest, 90)
