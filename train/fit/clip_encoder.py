"""What CLIP's image encoder makes of training pictures: embeddings, computed once and kept."""

import hashlib
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.benchmarks.clip import SHA256, SIZE, ClipEncoder, find_package
from fakelens.edge_runtime.files import cache_folder
from fakelens.train.data.epoch import Floats
from fakelens.train.data.file_threads import map_threads
from fakelens.train.data.image_rows import Images

_CHANNELS = 512  # of an embedding
_DIGEST_BYTES = 16
_RECORD = np.dtype([("digest", f"V{_DIGEST_BYTES}"), ("embedding", np.float32, (_CHANNELS,))])

Embedding = npt.NDArray[np.float32]


class SquareEncoder:
    """The encoder for pictures as training has them, for several threads at once."""

    def __init__(self) -> None:
        self._encoder = ClipEncoder(find_package())

    def embed(self, image_u8: npt.NDArray[np.uint8]) -> Embedding:
        """Return the embedding [512] of an image [height, width, 3]."""
        return self._encoder.embed(Image.fromarray(image_u8).resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def embed(images_u8: Images) -> Floats:
    """Return CLIP's embeddings [n, 512] of images [n, size, size, 3].

    A picture takes a tenth of a second on one core, so what was computed is kept in the cache folder, also
    that of a run that was interrupted.
    """
    digests = [_digest(images_u8[place]) for place in range(len(images_u8))]
    store = EmbeddingStore(cache_folder() / "embeddings" / f"clip-{SHA256[:16]}.bin")
    places = {digest: place for place, digest in enumerate(digests) if digest not in store}
    if places:
        encoder = SquareEncoder()
        results = map_threads(
            lambda place: encoder.embed(images_u8[place]), [*places.values()], "asking CLIP"
        )
        for digest, embedding in zip(places, results, strict=True):
            store.add(digest, embedding)
    return np.stack([store[digest] for digest in digests])


def _digest(image_u8: npt.NDArray[np.uint8]) -> bytes:
    return hashlib.sha256(image_u8.tobytes()).digest()[:_DIGEST_BYTES]


class EmbeddingStore:
    """Embeddings [512] by the digest of their picture, in a file that only grows.

    What a killed run left of a record goes when the file is opened again.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        size = path.stat().st_size if path.exists() else 0
        whole = size - size % _RECORD.itemsize
        if whole < size:
            os.truncate(path, whole)
        records = np.fromfile(path, _RECORD) if whole else np.empty(0, _RECORD)
        self._known = {bytes(record["digest"]): record["embedding"] for record in records}

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._known

    def __getitem__(self, digest: bytes) -> Embedding:
        return np.asarray(self._known[digest], np.float32)

    def add(self, digest: bytes, embedding: Embedding) -> None:
        """Keep an embedding, on the disk at once."""
        record = np.empty(1, _RECORD)
        record["digest"], record["embedding"] = np.frombuffer(digest, f"V{_DIGEST_BYTES}"), embedding
        with self._path.open("ab") as file:
            file.write(record.tobytes())
        self._known[digest] = embedding
