"""The ranges come from both classes alike, and from black and white."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from fakelens.convert.calibration import load_calibration
from fakelens.convert.run import read_run
from fakelens.edge_runtime.errors import RunError

Array = npt.NDArray[Any]


def class_of(image: Array, run: Path) -> str | None:
    for label in ("real", "fake"):
        for path in (run / "calibration" / label).iterdir():
            if np.array_equal(image, np.asarray(Image.open(path))):
                return label
    return None


def test_black_and_white_pin_the_range(run: Path) -> None:
    images = load_calibration(read_run(run))
    assert images.dtype == np.uint8
    assert {int(image.min()) for image in images[:2]} == {0, 255}
    assert all(np.ptp(image) == 0 for image in images[:2])


def test_both_classes_are_balanced_by_the_smaller(run: Path) -> None:
    for path in sorted((run / "calibration" / "fake").iterdir())[5:]:
        path.unlink()
    found = [class_of(image, run) for image in load_calibration(read_run(run))[2:]]
    assert (found.count("real"), found.count("fake"), len(found)) == (5, 5, 10)


def test_the_choice_is_the_same_each_time(run: Path) -> None:
    read = read_run(run)
    np.testing.assert_array_equal(load_calibration(read), load_calibration(read))


@pytest.mark.parametrize("label", ["real", "fake"])
@pytest.mark.parametrize("keep_folder", [True, False])
def test_a_missing_class_is_refused_by_name(run: Path, label: str, keep_folder: bool) -> None:
    shutil.rmtree(run / "calibration" / label)
    if keep_folder:
        (run / "calibration" / label).mkdir()
    with pytest.raises(RunError, match=f"{label}: no calibration images.*train again"):
        load_calibration(read_run(run))


def test_a_corrupted_image_is_named(run: Path) -> None:
    path = run / "calibration" / "fake" / "000.png"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(RunError, match=r"000\.png.*train again"):
        load_calibration(read_run(run))
