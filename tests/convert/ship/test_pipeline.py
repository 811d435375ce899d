"""`fakelens ship`, as a user runs it: kits, all or none, and one line where it cannot."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.convert.ship.layout import Platform
from fakelens.convert.ship.pipeline import ShipConfig, ship_model
from fakelens.edge_runtime.errors import UsageError
from tests.conftest import Fakelens

ALL = tuple(f"--{platform}" for platform in Platform)


def test_it_writes_a_folder_for_each_platform_without_tensorflow(
    fakelens: Fakelens, app_model: Path, tmp_path: Path
) -> None:
    done = fakelens("ship", app_model, "--to", tmp_path / "kits", *ALL, blocked=("tensorflow", "tf_keras"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(tmp_path / "kits" / platform) for platform in Platform]
    assert {path.name for path in (tmp_path / "kits").iterdir()} == set(map(str, Platform))
    for platform in Platform:
        assert (tmp_path / "kits" / platform / "README.md").is_file()
    for gate in ("contract", "types", "batch of 1", "metadata", "labels", "size", "LiteRT"):
        assert gate in done.stderr
    assert "README.md" in done.stderr.splitlines()[-1]


def test_only_the_platforms_that_are_asked_for(app_model: Path, tmp_path: Path) -> None:
    result = ship_model(ShipConfig(model=app_model, output=tmp_path / "kits", platforms=(Platform.ANDROID,)))
    assert result.kits == (tmp_path / "kits" / "android",)
    assert [path.name for path in (tmp_path / "kits").iterdir()] == ["android"]


def test_a_failed_gate_is_exit_1_with_the_remedy_and_nothing_is_written(
    fakelens: Fakelens, pack_app_model: Callable[..., Path], tmp_path: Path
) -> None:
    model = pack_app_model(input_type="INT8")
    before = sorted(tmp_path.iterdir())
    done = fakelens("ship", model, "--to", tmp_path / "kits", *ALL)
    assert (done.returncode, done.stdout) == (1, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("fakelens: failed types: int8 in")
    assert "--io uint8" in last
    assert last.endswith("nothing was written")
    assert sorted(tmp_path.iterdir()) == before


def test_what_is_no_model_is_exit_2_in_the_words_of_other_commands(
    fakelens: Fakelens, tmp_path: Path
) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"a picture, or anything else")
    done = fakelens("ship", tmp_path / "photo.jpg", "--to", tmp_path / "kits", "--web")
    info = fakelens("info", tmp_path / "photo.jpg")
    assert (done.returncode, done.stdout) == (info.returncode, info.stdout) == (2, "")
    assert done.stderr == info.stderr
    assert not (tmp_path / "kits").exists()


def test_a_folder_that_is_not_empty_is_left_alone(
    fakelens: Fakelens, app_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    done = fakelens("ship", app_model, "--to", tmp_path / "mine", "--web")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"fakelens: {tmp_path / 'mine'} exists and is not empty: give another --to or remove it first\n"
    )
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_without_a_platform_all_three_are_written(
    fakelens: Fakelens, app_model: Path, tmp_path: Path
) -> None:
    done = fakelens("ship", app_model, "--to", tmp_path / "kits")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(tmp_path / "kits" / platform) for platform in Platform]


def test_no_such_model_is_exit_2(fakelens: Fakelens, tmp_path: Path) -> None:
    done = fakelens("ship", "nothing.tflite", "--to", tmp_path / "kits", "--web")
    assert done.returncode == 2
    assert "nothing.tflite: no such model file" in done.stderr
    assert not (tmp_path / "kits").exists()


def test_the_output_is_looked_at_before_the_model(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="give another --to"):
        ship_model(ShipConfig(model="nothing", output=tmp_path, platforms=(Platform.WEB,)))
