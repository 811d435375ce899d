"""A model file that answers: `Detector("model.tflite").check("photo.jpg")`."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.contract import LABELS, Contract
from fakelens.edge_runtime.errors import ImageError, ModelError
from fakelens.edge_runtime.interpreter import Interpreter
from fakelens.edge_runtime.library import find_model
from fakelens.edge_runtime.modelfile import read_model
from fakelens.edge_runtime.preprocess import ImageU8, fit_image, load_image, to_rgb
from fakelens.edge_runtime.verdict import Verdict, decide


@dataclass(frozen=True, kw_only=True)
class CheckedFile:
    """One file of a batch: its verdict, or the reason why there is none."""

    path: str
    verdict: Verdict | None = None
    error: str | None = None


class Detector:
    """Checks images against one model file. It takes no preprocessing options: the file knows.

    Not thread-safe: one detector per worker.
    """

    def __init__(self, model: str | Path | None = None, threads: int = 1) -> None:
        """Load `model`, the name of a release model or a path; without one, the default release model."""
        self._file = read_model(find_model(model))
        self._interpreter = Interpreter(self._file.graph, threads)
        size = self.contract.input.size
        shapes = self._interpreter.input_shape, self._interpreter.output_shape
        if shapes != ((1, size, size, 3), (1, len(LABELS))):
            raise ModelError(
                f"{self._file.path}: the contract says {size} px and {len(LABELS)} labels, but the graph "
                f"takes {shapes[0]} and gives {shapes[1]}; convert the model again"
            )

    @property
    def contract(self) -> Contract:
        """The contract inside the model file."""
        return self._file.contract

    def check(self, image: Path | str | bytes | Image.Image) -> Verdict:
        """Return the verdict on a file, encoded bytes or an upright Pillow image.

        Raises `ImageError` where it is unreadable.
        """
        start = time.perf_counter()
        if not isinstance(image, Image.Image):
            image = load_image(Path(image) if isinstance(image, str) else image)
        else:
            image = to_rgb(image)
        p_fake = float(self.score(fit_image(image, self.contract.input)[None])[0])
        return Verdict(
            label=decide(p_fake, self.contract.decision),
            p_fake=p_fake,
            model=self.contract.name,
            latency_ms=(time.perf_counter() - start) * 1e3,
            reduction=max(image.size) / self.contract.input.size,
        )

    def check_files(self, paths: Iterable[Path]) -> Iterator[CheckedFile]:
        """Yield a result for each path in order; a file that cannot be read does not stop the rest."""
        for path in paths:
            try:
                yield CheckedFile(path=str(path), verdict=self.check(path))
            except ImageError as error:
                yield CheckedFile(path=str(path), error=str(error))

    def score(self, images_u8: ImageU8) -> npt.NDArray[np.float32]:
        """Return P(fake) [n] of fitted images, uint8 [n, size, size, 3]."""
        return self._interpreter.predict(images_u8)[:, 1]
