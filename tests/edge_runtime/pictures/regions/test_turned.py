"""A picture turned by bands has the pixels of one that is turned at once."""

import numpy as np
import pytest
from PIL import ExifTags, Image

from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.edge_runtime.pictures.regions.image import RegionImage
from fakelens.edge_runtime.pictures.regions.turned import TurnedRows
from tests.edge_runtime.pictures.regions.test_image import PHOTO, SIZE, encode


@pytest.mark.parametrize("method", Image.Transpose)
def test_bands_are_those_of_the_turned_picture(
    method: Image.Transpose, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fakelens.edge_runtime.pictures.regions.turned.BAND_PIXELS", 20 * SIZE[0])
    found, expected = RegionImage(TurnedRows(PHOTO, method)), PHOTO.transpose(method)
    assert found.size == expected.size
    box = (3, 7, expected.width - 9, expected.height)
    np.testing.assert_array_equal(np.asarray(found.crop(box)), np.asarray(expected.crop(box)))
    small = [each.resize((24, 24), Image.Resampling.BILINEAR) for each in (found, expected)]
    np.testing.assert_array_equal(*map(np.asarray, small))
    np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


def test_large_photos_are_turned_by_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    content = encode(PHOTO, "PNG", {"exif": exif})
    copied = load_image(content)
    monkeypatch.setattr("fakelens.edge_runtime.pictures.preprocess._TURNED_PIXELS", 0)
    turned = load_image(content)
    assert isinstance(turned, RegionImage)
    assert not isinstance(copied, RegionImage)
    np.testing.assert_array_equal(np.asarray(turned), np.asarray(copied))
