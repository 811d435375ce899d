"""Training samples of pictures after random chains of edits, made once and cached: tiles, or whole pictures.

A training image goes through several random histories (see `recompression`) and gives random tiles of each at
native resolution, or the whole of it resized (with `config.zoomed`, of some histories, a part of it, down to
native resolution; with `config.gentle`, of a small one, also after hardly any compression, which larger ones
show less once they are reduced); one with a mask, tiles across the edge of what was manipulated, since its
other tiles are a camera's. An image that is judged gives what a detector sees of it, as it is and after one
history. Everything random follows from the image's key, so that neither order nor company changes a byte, and
a photo and the fake made from it, which share a key, have the same histories.
"""

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.files import cache_folder, name_archive_errors
from fakelens.edge_runtime.modelfile.contract import Fit
from fakelens.edge_runtime.pictures import preprocess
from fakelens.edge_runtime.pictures.preprocess import ImageU8, cut_tiles, fit_image, load_image
from fakelens.train.config import DataConfig, describe_input
from fakelens.train.data.cache import fill_once
from fakelens.train.data.epoch import Rows
from fakelens.train.data.file_threads import map_threads
from fakelens.train.data.recompression import circulate, circulate_gently

_VERSION = 5  # raise it when a tile changes
_WINDOW_TILES = 4  # sides of a tile: so large is the part of a picture that has a history
_WHOLE_PX = 1024  # a longer side is reduced to it before the history of a whole picture
_LEAST_KEPT = 0.8  # of a side, when a whole picture is cropped
_TILES, _INDEX = "tiles.bin", "index.npz"
_NAME_BYTES = 16

Shares = npt.NDArray[np.float64]
Tiles = tuple[ImageU8, npt.NDArray[np.bool_]]  # of one image, and which of them had a history


@dataclass(frozen=True, kw_only=True)
class SourceImage:
    """An image to cut tiles from."""

    path: Path
    digest: str  # SHA-256 of its bytes, hexadecimal
    judged: bool  # validation and test images
    histories: int  # of a training image
    key: str  # what its random histories follow from, hexadecimal: its digest, or that of its original
    retouched: float = 0.0  # share of its histories that touch it up
    mask: Path | None = None  # white where a training image was manipulated


@dataclass(frozen=True, kw_only=True)
class TileBank:
    """The tiles of a sequence of images, in its order; none of those that cannot be decoded."""

    tiles: ImageU8  # uint8 [n, size, size, 3], memory-mapped
    owners: Rows  # [n], the place of the image in the sequence
    worn: npt.NDArray[np.bool_]  # [n], whether the image had a history
    errors: dict[int, str]  # place of an image -> why it cannot be decoded


def open_bank(images: Sequence[SourceImage], config: DataConfig) -> TileBank:
    """Return the tiles of `images`, from the cache where it has them."""
    folder = cache_folder() / "tiles" / _name_bank(images, config)
    fill_once(folder, lambda partial: _fill(partial, images, config))
    with np.load(folder / _INDEX) as index:
        owners, worn = index["owners"], index["worn"]
        errors = {int(place): reason for place, reason in json.loads(str(index["errors"])).items()}
    shape = (len(owners), config.size, config.size, 3)
    empty = not len(owners)  # which no file can be mapped for
    tiles = np.empty(shape, np.uint8) if empty else np.memmap(folder / _TILES, np.uint8, "r", shape=shape)
    return TileBank(tiles=tiles, owners=owners, worn=worn, errors=errors)


def cut_image(image: SourceImage, config: DataConfig) -> Tiles:
    """Return the tiles of one image and which of them had a history; `ImageError` where it is damaged."""
    photo = load_image(image.path)
    rng = np.random.default_rng(int(image.key[:16], 16))
    reduced = _reduce(photo) if config.fit is Fit.RESIZE else photo
    if image.judged:
        spec = describe_input(config)
        clean, worn = fit_image(reduced, spec), fit_image(circulate(reduced, config.size, rng), spec)
        return np.concatenate([clean, worn]), np.repeat([False, True], [len(clean), len(worn)])
    zoomed = rng.random(image.histories) < config.zoomed
    parts = [
        _zoom_in(photo, image, config, rng) if near else _train_on(reduced, image, config, rng)
        for near in zoomed
    ]
    if max(photo.size) <= config.gentle:
        whole = circulate_gently(reduced, rng, image.retouched)
        parts.append(fit_image(_crop_a_little(whole, rng), describe_input(config)))
    return np.concatenate(parts), np.ones(sum(map(len, parts)), bool)


def _train_on(
    photo: Image.Image, image: SourceImage, config: DataConfig, rng: np.random.Generator
) -> ImageU8:
    """Return what one random history leaves of `photo` to train on."""
    if config.fit is Fit.RESIZE:
        worn = circulate(photo, config.size, rng, retouched=image.retouched)
        return fit_image(_crop_a_little(worn, rng), describe_input(config))
    edge = None if image.mask is None else _find_edge(image.mask)
    window = 0 if edge is not None else _WINDOW_TILES * config.size
    worn = circulate(photo, config.size, rng, window, image.retouched)
    return _cut_at_random(worn, edge, config, rng)


def _zoom_in(photo: Image.Image, image: SourceImage, config: DataConfig, rng: np.random.Generator) -> ImageU8:
    """Return a square part of `photo` after a history, its side log-uniform from native resolution up."""
    worn = circulate(photo, config.size, rng, _WINDOW_TILES * config.size, image.retouched)
    room = min(worn.size) / config.size
    if room <= 1.0:
        return cut_tiles(worn, [(0, 0)], config.size)
    side = round(config.size * float(np.exp(rng.uniform(0.0, np.log(room)))))
    left, top = (int(rng.integers(0, whole - side + 1)) for whole in worn.size)
    return fit_image(worn.crop((left, top, left + side, top + side)), describe_input(config))


def _reduce(photo: Image.Image) -> Image.Image:
    """Return `photo` reduced to what a view of the whole can still tell apart: the histories cost less."""
    if max(photo.size) <= _WHOLE_PX:
        return photo
    photo = photo.copy()
    photo.thumbnail((_WHOLE_PX, _WHOLE_PX), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return photo


def _crop_a_little(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    sides = [max(1, round(side * rng.uniform(_LEAST_KEPT, 1.0))) for side in photo.size]
    left, top = (int(rng.integers(0, side - kept + 1)) for side, kept in zip(photo.size, sides, strict=True))
    return photo.crop((left, top, left + sides[0], top + sides[1]))


def _find_edge(mask: Path) -> Shares:
    """Return the places [n, 2] where `mask` changes, left and top, as shares of its width and height."""
    white = np.asarray(load_image(mask), np.uint8)[..., 0] > 127
    changes = np.zeros_like(white)
    changes[:-1] |= white[:-1] != white[1:]
    changes[:, :-1] |= white[:, :-1] != white[:, 1:]
    return np.asarray(np.argwhere(changes)[:, ::-1] / np.array(white.shape[::-1]), np.float64)


def _cut_at_random(
    photo: Image.Image, edge: Shares | None, config: DataConfig, rng: np.random.Generator
) -> ImageU8:
    """Return `config.cuts` tiles of `photo` from anywhere, or with a place of `edge` near their middle."""
    room = np.maximum(0, np.array(photo.size) - config.size)
    if edge is None or not len(edge):
        corners = rng.integers(0, room + 1, (config.cuts, 2))
    else:
        chosen = edge[rng.integers(0, len(edge), config.cuts)] * photo.size
        jitter = rng.integers(-config.size // 4, config.size // 4 + 1, (config.cuts, 2))
        corners = np.clip(np.rint(chosen).astype(np.int64) - config.size // 2 + jitter, 0, room)
    return cut_tiles(photo, [(int(left), int(top)) for left, top in corners], config.size)


def _fill(folder: Path, images: Sequence[SourceImage], config: DataConfig) -> None:
    owners: list[Rows] = []
    worn: list[npt.NDArray[np.bool_]] = []
    errors: dict[int, str] = {}
    names = [_name_image(image, config) for image in images]
    kept = _find_kept(folder.parent, set(names), config)

    def cut(place: int) -> Tiles | str:
        try:
            return kept.get(names[place]) or cut_image(images[place], config)
        except ImageError as error:
            return str(error)

    with (folder / _TILES).open("wb") as file:
        for place, result in enumerate(map_threads(cut, range(len(images)), "cutting tiles")):
            if isinstance(result, str):
                errors[place] = result
                continue
            file.write(result[0].tobytes())
            owners.append(np.full(len(result[0]), place, np.int64))
            worn.append(result[1])
    np.savez(
        folder / _INDEX,
        names=np.frombuffer(b"".join(names), np.uint8).reshape(len(names), _NAME_BYTES),
        owners=np.concatenate(owners) if owners else np.empty(0, np.int64),
        worn=np.concatenate(worn) if worn else np.empty(0, bool),
        errors=np.array(json.dumps(errors)),
    )


def _find_kept(banks: Path, wanted: set[bytes], config: DataConfig) -> dict[bytes, Tiles]:
    """Return the tiles that other banks have of the images called `wanted`: a few new ones cost little."""
    kept: dict[bytes, Tiles] = {}
    for path in banks.glob(f"[!.]*/{_INDEX}"):
        with suppress(*name_archive_errors()), np.load(path) as index:
            names, owners, worn = (index[key] for key in ("names", "owners", "worn"))
            shape = (len(owners), config.size, config.size, 3)
            places = [place for place, name in enumerate(names) if name.tobytes() in wanted]
            if not places or not len(owners):
                continue
            tiles = np.memmap(path.parent / _TILES, np.uint8, "r", shape=shape)
            for place in places:
                first, last = np.searchsorted(owners, [place, place + 1])
                if first < last:  # else it could not be decoded
                    kept[names[place].tobytes()] = tiles[first:last], worn[first:last]
    return kept


def _name_bank(images: Sequence[SourceImage], config: DataConfig) -> str:
    key = hashlib.sha256(_list_settings(config).encode())
    for image in images:
        key.update(f"{_list_facts(image)}\n".encode())
    return key.hexdigest()[:24]


def _name_image(image: SourceImage, config: DataConfig) -> bytes:
    """Return what tells the tiles of `image` from all others."""
    whole = f"{_list_settings(config)}{_list_facts(image)}"
    return hashlib.blake2b(whole.encode(), digest_size=_NAME_BYTES).digest()


def _list_settings(config: DataConfig) -> str:
    gentle = (config.gentle,) if config.gentle else ()  # without it, what was cut before the key came stays
    settings = (config.size, config.tiles, config.cuts, config.fit, config.zoomed, *gentle)
    return f"{_VERSION} {preprocess.VERSION} {settings}\n"


def _list_facts(image: SourceImage) -> tuple[object, ...]:
    return image.digest, image.key, image.judged, image.histories, image.mask is not None, image.retouched
