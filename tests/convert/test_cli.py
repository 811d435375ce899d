"""The command: one table, one line, the right exit code, and nothing of TensorFlow's own talk."""

from pathlib import Path

import pytest

from fakelens.convert.recipes import ConvertConfig, prepare_output
from fakelens.edge_runtime.errors import UsageError
from tests.conftest import Fakelens


def test_convert_writes_beside_the_run_and_prints_only_its_own_words(fakelens: Fakelens, run: Path) -> None:
    done = fakelens("convert", run, "--max-drop", "5", fresh=True)
    assert done.returncode == 0, done.stderr
    output = run / "tiny-int8.tflite"
    assert done.stdout.startswith(f"{output}  {output.stat().st_size:,} bytes")
    for gate in ("ops and types", "keras -> float", "accuracy drop", "XNNPACK", "file"):
        assert gate in done.stderr
    for noise in ("WARNING", "INFO", "I0000", "fully_quantize", "cuda", "oneDNN"):
        assert noise not in done.stderr
    shown = fakelens("info", output)
    assert shown.returncode == 0
    assert "uint8 [1, 16, 16, 3]" in shown.stdout


def test_a_failed_gate_shows_the_table_exits_1_and_leaves_nothing(
    fakelens: Fakelens, lossy_run: Path
) -> None:
    before = sorted(lossy_run.iterdir())
    done = fakelens("convert", lossy_run)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "FAIL" in done.stderr
    assert done.stderr.splitlines()[-1] == "fakelens: failed: accuracy drop; nothing was written"
    assert sorted(lossy_run.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--int8", "--float16"), "--float16 and --int8 exclude each other"),
        (("--max-drop", "-1"), "--max-drop is -1.0"),
        (("--name", "a/b"), "--name is 'a/b'"),
        (("-o", "."), ".: is a folder"),
    ],
)
def test_bad_options_are_one_line_and_exit_2(
    fakelens: Fakelens, finished_run: Path, arguments: tuple[str, ...], reason: str
) -> None:
    done = fakelens("convert", finished_run, *arguments)
    assert done.returncode == 2
    assert done.stderr.strip().count("\n") == 0
    assert reason in done.stderr


@pytest.mark.parametrize("name", ["model.h5", "run.json", "calibration/real/000.png"])
def test_no_file_but_a_model_is_written_over(fakelens: Fakelens, run: Path, name: str) -> None:
    """The output of a slip of the keyboard would cost the run."""
    before = (run / name).read_bytes()
    done = fakelens("convert", run, "-o", run / name)
    assert done.returncode == 2
    assert done.stderr.strip().count("\n") == 0
    assert "holds something else than a .tflite, which would be lost" in done.stderr
    assert (run / name).read_bytes() == before


def test_an_output_that_cannot_be_written_is_said_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"file/x.tflite: cannot be written \(.*\); choose another place"):
        prepare_output(tmp_path / "file" / "x.tflite")
    model = tmp_path / "model.tflite"
    model.touch()
    with pytest.raises(UsageError, match="would be written over what is read"):
        prepare_output(tmp_path / "." / "model.tflite", [model])
    prepare_output(Path("/dev/null"))
    prepare_output(model)


def test_an_interrupted_run_is_one_line_and_exit_2(fakelens: Fakelens, run: Path) -> None:
    (run / "run.json").unlink()
    done = fakelens("convert", run)
    assert done.returncode == 2
    assert done.stderr.startswith("fakelens: ")
    assert "--resume" in done.stderr


@pytest.mark.parametrize("name", ["", " ", "a/b", "a\\b", "a\nb"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="--name"):
        ConvertConfig(run=tmp_path, name=name)


def test_one_picture_of_few_may_change_unless_none_may(tmp_path: Path) -> None:
    assert ConvertConfig(run=tmp_path).allow_points(20) == 5
    assert ConvertConfig(run=tmp_path).allow_points(10_000) == 0.5
    assert ConvertConfig(run=tmp_path, max_drop=0).allow_points(20) == 0
