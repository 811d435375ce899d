"""A run directory is read whole or refused in one line with the remedy."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fakelens.convert.run import read_run, read_validation
from fakelens.edge_runtime.errors import RunError

Array = npt.NDArray[Any]


def edit_record(run: Path, **changes: object) -> None:
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(record | changes))


def test_a_finished_run_is_read_whatever_else_it_records(run: Path) -> None:
    edit_record(run, something_new={"a": 1})
    found = read_run(run)
    assert found.contract.name == "tiny"
    assert found.model == found.float_model == run / "model.h5"
    validation = read_validation(found)
    assert validation.images_u8.shape == (60, 16, 16, 3)
    assert set(validation.labels) == {0, 1}


def test_a_run_at_chance_is_doubted(run: Path) -> None:
    assert read_run(run).doubt == ""  # as in runs of earlier versions
    edit_record(run, outcome={"learned": True, "sentence": "learned"})
    assert read_run(run).doubt == ""
    edit_record(run, outcome={"learned": False, "sentence": "no better than guessing: AUC .5"})
    assert read_run(run).doubt == "no better than guessing: AUC .5"


def test_a_quantization_aware_run_has_a_float_parent(qat_run: Path) -> None:
    assert read_run(qat_run).float_model == qat_run / "float.h5"


def test_an_interrupted_training_is_to_be_resumed(run: Path) -> None:
    (run / "run.json").unlink()
    with pytest.raises(RunError, match=f"interrupted.*fakelens train --resume -o {run}"):
        read_run(run)


def test_a_folder_of_pictures_and_a_release_model_are_no_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(RunError, match="is no run directory; make one"):
        read_run(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match="photo: is a release model, which is a finished file"):
        read_run(Path("photo"))


@pytest.mark.parametrize("make", [True, False])
def test_a_missing_or_empty_folder_is_no_run(tmp_path: Path, make: bool) -> None:
    path = tmp_path / "run"
    if make:
        path.mkdir()
    with pytest.raises(RunError, match="fakelens train DATA -o"):
        read_run(path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not valid JSON"),
        ("\xff", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "format None"),
        ('{"format": 2}', "format 2"),
        ('{"format": 1, "quantization_aware": 1}', "quantization_aware is 1"),
        ('{"format": 1, "quantization_aware": false}', "contract is not a JSON object"),
        ('{"format": 1, "quantization_aware": false, "contract": {"schema": 1}}', "does not follow schema"),
    ],
)
def test_a_damaged_record_is_one_line_with_the_remedy(run: Path, text: str, reason: str) -> None:
    (run / "run.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(RunError, match=rf"(?s)run\.json: .*{reason}.*train again"):
        read_run(run)


@pytest.mark.parametrize("name", ["model.h5", "float.h5"])
def test_a_missing_model_is_named(qat_run: Path, name: str) -> None:
    (qat_run / name).unlink()
    with pytest.raises(RunError, match=rf"{name}: missing.*train again"):
        read_run(qat_run)


def test_missing_validation_images_are_named(run: Path) -> None:
    (run / "validation.npz").unlink()
    with pytest.raises(RunError, match=r"validation\.npz: missing"):
        read_validation(read_run(run))


def test_a_truncated_validation_file_is_damaged(run: Path) -> None:
    path = run / "validation.npz"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(RunError, match=r"validation\.npz: damaged"):
        read_validation(read_run(run))


@pytest.mark.parametrize(
    ("images", "labels", "reason"),
    [
        (np.zeros((2, 8, 8, 3), np.uint8), [0, 1], "expected uint8"),
        (np.zeros((2, 16, 16, 3), np.float32), [0, 1], "expected uint8"),
        (np.zeros((3, 16, 16, 3), np.uint8), [0, 1], "expected uint8"),
        (np.zeros((2, 16, 16, 3), np.uint8), [1, 1], r"labels are \[1\]"),
        (np.zeros((2, 16, 16, 3), np.uint8), [0, 2], r"labels are \[0, 2\]"),
        (np.zeros((0, 16, 16, 3), np.uint8), [], r"labels are \[\]"),
    ],
)
def test_validation_images_of_another_kind_are_refused(
    run: Path, images: Array, labels: list[int], reason: str
) -> None:
    np.savez(run / "validation.npz", images=images, labels=np.asarray(labels, np.uint8))
    with pytest.raises(RunError, match=reason):
        read_validation(read_run(run))


def test_pictures_that_are_not_one_an_image_are_refused(run: Path) -> None:
    images = np.zeros((2, 16, 16, 3), np.uint8)
    np.savez(run / "validation.npz", images=images, labels=np.uint8([0, 1]), pictures=np.int64([0]))
    with pytest.raises(RunError, match=r"labels have shape \(2,\), and the pictures .* \(1,\)"):
        read_validation(read_run(run))


def test_float_formats_need_no_calibration_images(run: Path) -> None:
    shutil.rmtree(run / "calibration")
    assert read_run(run).contract.name == "tiny"
