"""Images decoded once: a cached uint8 array on disk, with the content digest of every file.

The cache is keyed by the files' names, sizes and times, the input size and the version of the
preprocessing, so that nothing is read again while nothing has changed.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.files import cache_folder
from fakelens.edge_runtime.modelfile.contract import InputSpec
from fakelens.edge_runtime.pictures import preprocess
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig, ImageU8, decode_image, fit_image
from fakelens.edge_runtime.progress import show_progress
from fakelens.train.data.cache import fill_once, reserve_blocks
from fakelens.train.data.file_threads import map_threads

_REMEMBERED = 100_000  # digests of files
_CHUNK = 512  # files handed to the decoding threads at a time


@dataclass(frozen=True, kw_only=True)
class DecodedFiles:
    """One row a file, in the order in which the files were given."""

    images: ImageU8  # uint8 [n, size, size, 3], memory-mapped; zeros where unreadable
    digests: tuple[str, ...]  # sha256 of each file's bytes; empty where it could not be read at all
    errors: dict[int, str]  # row -> why it cannot be decoded


def decode_files(paths: Sequence[Path], spec: InputSpec, least_px: int = 0) -> DecodedFiles:
    """Return the fitted images and digests of `paths`, from the cache where it has them.

    With `least_px` large JPEGs are decoded smaller, as `DecodeConfig` has it: for a first look at them.
    """
    folder = cache_folder() / "arrays" / _cache_key(paths, spec, least_px)
    fill_once(folder, lambda partial: _fill(partial, paths, spec, least_px))
    index = json.loads((folder / "index.json").read_text())
    return DecodedFiles(
        images=np.load(folder / "images.npy", mmap_mode="r"),
        digests=tuple(index["digests"]),
        errors={int(row): reason for row, reason in index["errors"].items()},
    )


def digest_files(paths: Sequence[Path]) -> tuple[tuple[str, ...], dict[int, str]]:
    """Return the sha256 of each file's bytes, empty where it cannot be read, and why by its place."""
    errors: dict[int, str] = {}

    def digest(row: int) -> str:
        try:
            facts = paths[row].stat()
            return _digest_file(paths[row], facts.st_size, facts.st_mtime_ns)
        except OSError as error:
            errors[row] = f"{paths[row]}: {error.strerror or error}"
            return ""

    return tuple(map_threads(digest, range(len(paths)), "reading files")), errors


@lru_cache(maxsize=_REMEMBERED)
def _digest_file(path: Path, size_bytes: int, modified_ns: int) -> str:
    del size_bytes, modified_ns  # another file, where they differ
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _cache_key(paths: Sequence[Path], spec: InputSpec, least_px: int) -> str:
    reduced = f" {least_px}" if least_px else ""
    key = hashlib.sha256(f"{preprocess.VERSION} {spec.size} {spec.fit}{reduced}\n".encode())
    for path in paths:
        facts = path.stat()
        line = f"{path.resolve()}\0{facts.st_size}\0{facts.st_mtime_ns}\n"
        key.update(line.encode(errors="surrogateescape"))  # a name need not be valid text
    return key.hexdigest()[:24]


def _fill(folder: Path, paths: Sequence[Path], spec: InputSpec, least_px: int) -> None:
    config = DecodeConfig(least_px=least_px)
    shape = (len(paths), spec.size, spec.size, 3)
    images = np.lib.format.open_memmap(folder / "images.npy", mode="w+", dtype=np.uint8, shape=shape)
    reserve_blocks(folder / "images.npy")
    digests: list[str] = []
    errors: dict[int, str] = {}

    def read(row: int) -> str:
        try:
            content = paths[row].read_bytes()
        except OSError as error:
            errors[row] = f"{paths[row]}: {error.strerror or error}"
            return ""
        try:
            images[row] = fit_image(decode_image(content, config).image, spec)[0]
        except ImageError as error:
            errors[row] = str(error).replace("stdin", str(paths[row]), 1)
        return hashlib.sha256(content).hexdigest()

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # Pillow decodes without the GIL
        chunks = range(0, len(paths), _CHUNK)
        for start in show_progress(chunks, "decoding images"):
            digests += pool.map(read, range(start, min(start + _CHUNK, len(paths))))
    images.flush()
    (folder / "index.json").write_text(
        json.dumps({"digests": digests, "errors": dict(sorted(errors.items()))})
    )
