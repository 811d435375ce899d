import io

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.delivery import Tier, deliver


def _draw(width: int, height: int) -> Image.Image:
    """A gradient with grain: something to lose in each tier."""
    y, x = np.mgrid[:height, :width]
    base = np.stack([x * 255 / width, y * 255 / height, (x + y) * 255 / (width + height)], axis=-1)
    noise = np.random.default_rng(0).normal(0, 12, base.shape)
    return Image.fromarray(np.clip(base + noise, 0, 255).astype(np.uint8))


def test_clean_is_the_picture_itself() -> None:
    image = _draw(900, 600)
    assert deliver(image, Tier.CLEAN) is image


@pytest.mark.parametrize(("tier", "size"), [(Tier.WEB, (720, 480)), (Tier.HARD, (512, 341))])
def test_the_longer_side_is_scaled_down(tier: Tier, size: tuple[int, int]) -> None:
    assert deliver(_draw(900, 600), tier).size == size
    assert deliver(_draw(600, 900), tier).size == size[::-1]


@pytest.mark.parametrize("tier", [Tier.WEB, Tier.HARD])
def test_a_small_picture_keeps_its_size_and_is_recompressed(tier: Tier) -> None:
    image = _draw(300, 200)
    delivered = deliver(image, tier)
    assert (delivered.size, delivered.mode) == ((300, 200), "RGB")
    assert np.any(np.asarray(delivered) != np.asarray(image))


def test_a_tier_is_always_the_same_and_known_by_name() -> None:
    image = _draw(800, 640)
    for tier in Tier:
        assert deliver(image, tier).tobytes() == deliver(image.copy(), str(tier)).tobytes()
    with pytest.raises(ValueError, match="soft"):
        deliver(image, "soft")


def test_web_is_jpeg_70_in_420_and_nothing_else() -> None:
    image = _draw(640, 480)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=70, subsampling=2)
    assert deliver(image, Tier.WEB).tobytes() == Image.open(buffer).convert("RGB").tobytes()


def test_hard_loses_more_than_web() -> None:
    image = _draw(500, 400)
    off = [
        float(np.abs(np.asarray(deliver(image, tier), np.float32) - np.asarray(image)).mean())
        for tier in (Tier.WEB, Tier.HARD)
    ]
    assert 0 < off[0] < off[1]


def test_a_line_of_pixels_is_not_scaled_to_nothing() -> None:
    assert deliver(Image.new("RGB", (3000, 1)), Tier.HARD).size == (512, 1)
