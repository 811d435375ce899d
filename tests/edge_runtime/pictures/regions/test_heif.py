"""A HEIC of tiles that is decoded by rows of them has the pixels of one that is decoded as a whole."""

from importlib.util import find_spec

import numpy as np
import pytest
from PIL import ExifTags, Image

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.edge_runtime.pictures.regions.heif import HeifGrid
from tests.edge_runtime.pictures.regions.test_image import RNG, encode

pytestmark = pytest.mark.skipif(not find_spec("pillow_heif"), reason="needs the extra heic")
COARSE = Image.fromarray(RNG.integers(0, 256, (9, 11, 3), np.uint8))
PHOTO = COARSE.resize((330, 270), Image.Resampling.BICUBIC)


def encode_tiles(orientation: int = 1) -> bytes:
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return encode(PHOTO, "HEIF", {"quality": 60, "tile_size": 64, "exif": exif.tobytes()})


@pytest.fixture
def by_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows of tiles at once, and every HEIC counts as very large."""
    monkeypatch.setattr("fakelens.edge_runtime.pictures.regions.heif.BAND_PIXELS", 2 * 64 * PHOTO.width)
    monkeypatch.setattr("fakelens.edge_runtime.pictures.preprocess._GRID_PIXELS", 0)


@pytest.mark.usefixtures("by_rows")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_rows_make_the_whole(orientation: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = encode_tiles(orientation)
    assert HeifGrid(content).size == (PHOTO.size if orientation < 5 else PHOTO.size[::-1])
    found = load_image(content)
    monkeypatch.setattr("fakelens.edge_runtime.pictures.preprocess._GRID_PIXELS", 10**9)
    np.testing.assert_array_equal(np.asarray(found), np.asarray(load_image(content)))


@pytest.mark.usefixtures("by_rows")
def test_damage_is_one_line() -> None:
    content = encode_tiles()
    for cut in (len(content) - 400, len(content) // 2):
        with pytest.raises(ImageError) as caught:
            load_image(content[:cut])
        assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("by_rows")
def test_one_that_is_no_grid_is_decoded_as_a_whole() -> None:
    encode_tiles()  # which registers the format
    content = encode(PHOTO, "HEIF", {"quality": 60})
    with pytest.raises(ValueError, match="no grid"):
        HeifGrid(content)
    assert load_image(content).size == PHOTO.size
