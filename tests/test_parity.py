"""Training, calibration, benchmarks and the detector see the same bytes of the same files."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from fakelens.benchmarks.labelled import find_labelled
from fakelens.benchmarks.scoring.accuracy import score_images
from fakelens.convert.calibration import load_calibration
from fakelens.convert.run import Run
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.modelfile.contract import Contract, InputSpec
from fakelens.edge_runtime.pictures.preprocess import ImageU8, fit_image, load_image
from fakelens.edge_runtime.pictures.sources import walk_images
from fakelens.train.data.arrays import decode_files

SPEC = InputSpec(size=8)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Odd modes and sizes, in both classes of a labelled folder."""
    generator = np.random.default_rng(0)

    def make(height: int, width: int, mode: str = "RGB") -> Image.Image:
        return Image.fromarray(generator.integers(0, 256, (height, width, 4), np.uint8)).convert(mode)

    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    keyed = make(9, 11, "P")
    keyed.info["transparency"] = 3
    for label in ("real", "fake"):
        folder = tmp_path / "data" / label
        folder.mkdir(parents=True)
        make(37, 53).save(folder / "photo.jpg", quality=90)
        make(40, 24).save(folder / "turned.jpg", exif=turned)
        make(16, 20, "CMYK").save(folder / "cmyk.jpg")
        make(12, 12, "L").save(folder / "grey.jpg")
        make(8, 8).save(folder / "exact.png")
        make(1, 1).save(folder / "pixel.png")
        make(3, 300).save(folder / "strip.webp", lossless=True)
        make(20, 20, "RGBA").save(folder / "alpha.png")
        make(20, 9, "LA").save(folder / "grey-alpha.png")
        make(9, 20, "1").save(folder / "bits.tiff")
        keyed.save(folder / "keyed.png")
        make(30, 30, "P").save(folder / "palette.gif")
        make(19, 18).save(folder / "bitmap.bmp")
        Image.fromarray(generator.integers(0, 65536, (15, 17), np.uint16)).save(folder / "deep.png")
    return list(walk_images(tmp_path / "data"))


@pytest.fixture
def expected(photos: list[Path]) -> ImageU8:
    return np.concatenate([fit_image(load_image(path), SPEC) for path in photos])


def test_training_sees_these_bytes(
    photos: list[Path], expected: ImageU8, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKELENS_CACHE", str(tmp_path / "cache"))
    for _ in ("decoded", "from the cache"):
        decoded = decode_files(photos, SPEC)
        assert decoded.errors == {}
        assert decoded.images.tobytes() == expected.tobytes()
    assert decoded.digests == tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in photos)


def test_calibration_sees_these_bytes(photos: list[Path], expected: ImageU8, tmp_path: Path) -> None:
    (tmp_path / "data").rename(tmp_path / "calibration")
    run = Run(
        path=tmp_path,
        contract=Contract(name="run", input=SPEC),
        quantization_aware=False,
        model=tmp_path / "model.h5",
        float_model=tmp_path / "model.h5",
    )
    images = load_calibration(run)
    black, white, *seen = [image.tobytes() for image in images]
    assert (set(black), set(white)) == ({0}, {255})
    assert len(seen) == len(photos)
    assert sorted(seen) == sorted(image.tobytes() for image in expected)


def test_the_detector_and_the_benchmarks_see_these_bytes(
    pixel_model_file: Path, photos: list[Path], expected: ImageU8
) -> None:
    """The answer of this model changes with any byte, so equal answers are equal bytes."""
    detector = Detector(pixel_model_file)
    other = expected ^ np.uint8(1)
    answers = detector.score(expected)
    assert len(set(answers.tolist())) == len({image.tobytes() for image in expected})
    assert (answers != detector.score(other)).all()
    assert [detector.check(path).p_fake for path in photos] == answers.tolist()
    assert [
        result.verdict and result.verdict.p_fake for result in detector.check_files(photos)
    ] == answers.tolist()
    images = find_labelled(photos[0].parents[1])
    scores = dict(zip([image.path for image in images], score_images(detector, images).p_fake, strict=True))
    assert [scores[path] for path in photos] == answers.tolist()
