import numpy as np
import pytest
from PIL import Image

from fakelens.train.data.recompression import circulate, circulate_gently

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


def test_both_pictures_of_a_pair_have_the_same_history() -> None:
    """A twin that differs in one corner ends at the same size, at the same place, as compressed."""
    twin = PHOTO.copy()
    twin.putpixel((0, 0), (1, 2, 3))
    for seed in range(20):
        one, other = (circulate(picture, 32, np.random.default_rng(seed), 48) for picture in (PHOTO, twin))
        assert one.size == other.size
        assert np.mean(np.asarray(one) != np.asarray(other)) < 0.5


def test_a_window_is_cut_out_and_no_larger() -> None:
    large = Image.fromarray(np.random.default_rng(2).integers(0, 256, (400, 500, 3), dtype=np.uint8))
    sizes = {circulate(large, 64, np.random.default_rng(seed), 128).size for seed in range(30)}
    assert max(max(size) for size in sizes) == 128
    assert min(min(size) for size in sizes) >= 64
    assert len(sizes) > 1  # trimmed between two compressions


def test_some_pictures_stay_as_they_are_and_most_do_not() -> None:
    rng = np.random.default_rng(3)
    same = [circulate(PHOTO, 64, rng).tobytes() == PHOTO.tobytes() for _ in range(300)]
    assert 2 <= sum(same) <= 30  # .4 of .06


def test_a_gentle_history_keeps_the_size_and_changes_little() -> None:
    small = Image.fromarray(np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8))
    smooth = small.resize((120, 90), Image.Resampling.BICUBIC)
    rng, exact = np.random.default_rng(4), np.asarray(smooth, int)
    gentle = [np.asarray(circulate_gently(smooth, rng), int) for _ in range(100)]
    changes = np.array([np.abs(picture - exact).mean() for picture in gentle])  # raises where a size differs
    assert 35 <= np.sum(changes == 0) <= 65
    assert 0.5 < changes[changes > 0].mean() < 1.6  # at common qualities 2.2
    assert changes.max() < 3


def test_retouched_is_the_share_that_is_touched_up() -> None:
    flat = Image.new("RGB", (80, 80), (100, 120, 140))
    changed = {
        share: np.mean(
            [np.asarray(circulate(flat, 64, np.random.default_rng(n), 0, share)).std(axis=(0, 1)).max() > 2
             for n in range(60)]
        )
        for share in (0.0, 1.0)
    }  # fmt: skip
    assert changed[0.0] == 0  # a flat colour stays flat through scaling and compression
    assert changed[1.0] > 0.1  # grain, paper and vignettes show in it
