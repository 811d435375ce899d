"""The bit-exact answers of a model on a folder; imports only `edge_runtime`, so that it runs anywhere.

`python -m fakelens.benchmarks.emulation.answers MODEL FOLDER` prints one line of JSON for each image;
`python -m fakelens.benchmarks.emulation.answers MODEL --infer N` makes N inferences of a grey tile and prints
where LiteRT's code lies in memory.
"""

import hashlib
import json
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.pictures.preprocess import fit_views, load_image
from fakelens.edge_runtime.pictures.sources import walk_images

_GREY = 128


@dataclass(frozen=True, kw_only=True)
class Answer:
    """On one image."""

    name: str
    machine: str
    tensors: str  # sha256 of the bytes that the model saw
    scores: str  # P(fake) of each tile, then of the other views, as the bytes of float32, in hexadecimal
    p_fake: float
    verdict: str


def answer_folder(model: str, folder: Path) -> Iterator[Answer]:
    """Yield the answer of `model` on each image below `folder`, sorted."""
    detector = Detector(model)
    for path in walk_images(folder):
        image = load_image(path)
        views = fit_views(image, detector.contract.input)
        scores = [detector.score(view_u8, view) for view, view_u8 in enumerate(views)]
        verdict = detector.check(image)
        yield Answer(
            name=path.name,
            machine=platform.machine(),
            tensors=hashlib.sha256(b"".join(view.tobytes() for view in views)).hexdigest(),
            scores=np.concatenate(scores).astype("<f4").tobytes().hex(),
            p_fake=verdict.p_fake,
            verdict=str(verdict.label),
        )


def infer(model: str, times: int) -> list[str]:
    """Make `times` inferences of a grey tile; return where LiteRT's code lies in memory: `7f00-7fff`."""
    detector = Detector(model)
    size = detector.contract.input.size
    detector.score(np.full((times, size, size, 3), _GREY, np.uint8))
    areas = [line.split() for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()]
    return [area[0] for area in areas if "x" in area[1] and "ai_edge_litert" in area[-1]]


if __name__ == "__main__":
    if len(sys.argv) < 3 or "--help" in sys.argv:
        sys.stdout.write(f"{__doc__}\n")
    elif sys.argv[2] == "--infer":
        sys.stdout.write(" ".join(infer(sys.argv[1], int(sys.argv[3]))) + "\n")
    else:
        for each in answer_folder(sys.argv[1], Path(sys.argv[2])):
            sys.stdout.write(json.dumps(asdict(each)) + "\n")
            sys.stdout.flush()
