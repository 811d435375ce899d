"""Random regions of a photo, as people select and brush them."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Alpha = npt.NDArray[np.float32]  # [h, w], 0 outside a region, 1 inside, between at a soft edge
Mask = npt.NDArray[np.bool_]  # [h, w]

SMALLEST_SHARE, LARGEST_SHARE = 0.03, 0.30  # of the photo's area
_TRIES = 30
_FIT = 0.85  # a shape may miss its share by so much downwards, at the photo's border
_SOFT = 0.5  # share of the regions with a soft edge
_SOFT_PX = (0.6, 4.0)  # standard deviation of the edge
_OPAQUE_BELOW = 1 / 255  # less than one level in 255 is outside


def draw_region(height: int, width: int, rng: np.random.Generator) -> Mask:
    """Return an ellipse, a polygon or a brushed blob, 3 to 30% of the area, log-uniform."""
    share = float(np.exp(rng.uniform(np.log(SMALLEST_SHARE / _FIT), np.log(LARGEST_SHARE))))
    shape = (_draw_ellipse, _draw_polygon, _draw_blob)[rng.integers(3)]
    for _ in range(_TRIES):
        mask = shape(height, width, share, rng)
        if SMALLEST_SHARE <= mask.mean() <= LARGEST_SHARE:
            return mask
    mask = np.zeros((height, width), np.bool_)  # a shape that never fits: the middle of the photo
    side = share**0.5 / 2
    rows, columns = (slice(round(n * (0.5 - side)), round(n * (0.5 + side))) for n in (height, width))
    mask[rows, columns] = True
    return mask


def soften(mask: Mask, rng: np.random.Generator) -> Alpha:
    """Return how much of the new picture shows: half of the regions get an edge that fades inwards."""
    if rng.random() >= _SOFT:
        return mask.astype(np.float32)
    radius = float(rng.uniform(*_SOFT_PX))
    grey = Image.fromarray(mask.astype(np.uint8) * 255).filter(ImageFilter.GaussianBlur(radius))
    alpha = np.asarray(grey, dtype=np.float32) / 127.5 - 1.0  # half at the edge becomes nothing
    alpha = np.where(mask, alpha.clip(0.0, 1.0), 0.0).astype(np.float32)
    alpha[alpha < _OPAQUE_BELOW] = 0.0
    return alpha


def _draw_ellipse(height: int, width: int, share: float, rng: np.random.Generator) -> Mask:
    angles = np.linspace(0.0, 2.0 * np.pi, 90, endpoint=False)
    aspect = float(np.exp(rng.uniform(-0.7, 0.7)))
    points = np.stack([np.cos(angles) * aspect**0.5, np.sin(angles) / aspect**0.5], axis=1)
    return _place(points, (height, width), share, rng)


def _draw_polygon(height: int, width: int, share: float, rng: np.random.Generator) -> Mask:
    corners = int(rng.integers(4, 10))
    angles = np.sort((np.arange(corners) + rng.uniform(0.0, 0.8, corners)) * 2.0 * np.pi / corners)
    radii = rng.uniform(0.5, 1.2, corners)
    return _place(
        np.stack([np.cos(angles) * radii, np.sin(angles) * radii], axis=1), (height, width), share, rng
    )


def _place(
    points: npt.NDArray[np.float64], shape: tuple[int, int], share: float, rng: np.random.Generator
) -> Mask:
    """Turn the outline `points` [n, 2], scale it to `share` of the area and fill it somewhere."""
    x, y = points[:, 0], points[:, 1]
    area = abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2
    turn = rng.uniform(0.0, 2.0 * np.pi)
    scale = (share * shape[0] * shape[1] / area) ** 0.5
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    outline = points @ rotation * scale
    centre = rng.uniform(0.15, 0.85, 2) * (shape[1], shape[0])
    canvas = Image.new("1", (shape[1], shape[0]))
    ImageDraw.Draw(canvas).polygon([(float(x), float(y)) for x, y in outline + centre], fill=1)
    return np.asarray(canvas, dtype=np.bool_)


def _draw_blob(height: int, width: int, share: float, rng: np.random.Generator) -> Mask:
    """Brush along a random walk until the share is covered."""
    canvas = Image.new("1", (width, height))
    draw = ImageDraw.Draw(canvas)
    brush = float(rng.uniform(0.05, 0.1)) * min(height, width)
    place, heading = rng.uniform(0.2, 0.8, 2) * (width, height), rng.uniform(0.0, 2.0 * np.pi)
    for _ in range(400):
        x, y = (float(value) for value in place)
        draw.ellipse((x - brush, y - brush, x + brush, y + brush), fill=1)
        if np.asarray(canvas).mean() >= share:
            break
        heading += rng.normal(0.0, 0.6)
        place = place + 0.7 * brush * np.array([np.cos(heading), np.sin(heading)])
        if not ((place >= 0).all() and (place <= (width, height)).all()):
            place = place.clip(0, (width, height))
            heading += np.pi
    return np.asarray(canvas, dtype=np.bool_)
