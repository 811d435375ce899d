"""Pictures to rehearse with, without a camera: real ones and made ones in turn, under a moving view.

The real ones are photos that come with scikit-image and scikit-learn, where these are installed, else drawn
clouds with the noise of a sensor. Each is followed by a made copy: halved, and enlarged again as the decoder
of a generator enlarges.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.pictures.degradations import blur, rescale
from fakelens.edge_runtime.pictures.preprocess import ImageU8, load_image

_PHOTOS = {
    "skimage": ("data/coffee.png", "data/rocket.jpg", "data/chelsea.png", "data/motorcycle_left.png"),
    "sklearn": ("datasets/images/flower.jpg", "datasets/images/china.jpg"),
}
_CLOUDS = 3  # different ones, where there are no photos
_MARGIN = 24  # px that the view moves within, each way
_DECODED_SIGMA = 0.6  # px, of the smoothing after enlarging
_NOISE = 3.0  # grey levels, of a sensor


def list_photos() -> list[Path]:
    """Return the photos of the installed packages."""
    found = []
    for package, names in _PHOTOS.items():
        spec = find_spec(package)
        if spec is not None and spec.origin is not None:
            paths = (Path(spec.origin).parent / name for name in names)
            found += [path for path in paths if path.is_file()]
    return found


class Scenes:
    """The pictures by their number; an even one is real, the next one its made copy."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        self._size = width, height
        photos = list_photos()
        self._load: list[Callable[[], ImageU8]]
        self._load = [partial(_load_photo, path) for path in photos]
        self._load = self._load or [partial(self._draw_clouds, seed + each) for each in range(_CLOUDS)]
        self._make = lru_cache(maxsize=2)(self._make_scene)

    def view(self, number: int, step: int) -> ImageU8:
        """Return the picture `number` as seen `step` frames after it came up: uint8, in the order BGR."""
        width, height = self._size
        scene = self._make(number % (2 * len(self._load)))
        place = step % (2 * _MARGIN)
        shift = min(place, 2 * _MARGIN - place)
        return np.ascontiguousarray(scene[shift : shift + height, shift : shift + width, ::-1])

    def _make_scene(self, number: int) -> ImageU8:
        width, height = (side + _MARGIN for side in self._size)
        photo = self._load[number // 2]()
        beyond = [
            (0, max(0, side - length)) for side, length in zip((height, width), photo.shape, strict=False)
        ]
        scene = np.pad(photo, [*beyond, (0, 0)], mode="symmetric")
        top, left = (scene.shape[0] - height) // 2, (scene.shape[1] - width) // 2
        scene = np.ascontiguousarray(scene[top : top + height, left : left + width])
        if number % 2 == 0:
            return scene
        return blur(rescale(scene, max(1, min(width, height) // 2), Image.Resampling.NEAREST), _DECODED_SIGMA)

    def _draw_clouds(self, seed: int) -> ImageU8:
        """Return clouds before a blue sky: noise whose strength falls with its frequency."""
        rng = np.random.default_rng(seed)
        width, height = (side + _MARGIN for side in self._size)
        frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
        frequency[0, 0] = 1.0
        waves = rng.standard_normal((2, *frequency.shape)) / frequency**1.8
        cover = np.fft.irfft2(waves[0] + 1j * waves[1], s=(height, width))
        cover = np.clip((cover - cover.mean()) / (2.5 * cover.std()) + 0.5, 0, 1)[..., None]
        sky, white = np.array([60.0, 110.0, 190.0]), np.array([240.0, 240.0, 238.0])
        picture: npt.NDArray[np.float64] = sky + (white - sky) * cover
        picture += rng.normal(0, _NOISE, picture.shape)
        return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _load_photo(path: Path) -> ImageU8:
    return np.asarray(load_image(path), np.uint8)
