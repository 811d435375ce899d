"""A training that goes on from the weights of a finished run, and what is refused before it begins."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras

from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import ConfigError
from fakelens.train.config import TrainConfig
from fakelens.train.fit.checkpoint import Epoch, load_state, save_state
from fakelens.train.fit.earlier_run import open_network, take_run_weights
from fakelens.train.run.job import open_job, reopen_job
from fakelens.train.run.member import name_facts
from fakelens.train.run.trainer import run_job
from fakelens.train.settings import load_config, parse_setting
from fakelens.train.starts.names import is_run


@pytest.fixture
def data(fixed_data: Path) -> Path:
    return fixed_data


@pytest.fixture
def earlier(finished_run: Path) -> Path:
    return finished_run


@pytest.fixture
def copied(earlier: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(earlier, tmp_path / "copied"))


def with_weights(config: TrainConfig, weights: Path | str) -> TrainConfig:
    return replace(config, network=replace(config.network, weights=str(weights)))


def refuse(data: Path, config: TrainConfig, tmp_path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        open_job(data, tmp_path / "longer", config)
    assert not (tmp_path / "longer").exists()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def change_setting(run: Path, old: str, new: str) -> None:
    text = (run / run_layout.CONFIG).read_text()
    assert text.count(old) == 1
    (run / run_layout.CONFIG).write_text(text.replace(old, new))


def history(run: Path) -> list[Epoch]:
    return load_state(run / run_layout.FLOAT_STATE).history


def test_a_run_goes_on_from_the_float_weights_of_a_finished_one(
    data: Path, config: TrainConfig, earlier: Path, copied: Path, tmp_path: Path
) -> None:
    kept = load_state(earlier / run_layout.FLOAT_STATE).best
    network = open_network(with_weights(config, earlier).network, config.data.size)
    for array, expected in zip(network.get_weights(), kept, strict=True):
        np.testing.assert_array_equal(array, expected)
    probing = replace(with_weights(config, copied), fit=replace(config.fit, probe=0.1))
    longer = run_job(open_job(data, tmp_path / "longer", probing)).run
    assert history(longer)[0].loss < history(earlier)[0].loss
    assert history(longer)[0].val_loss < history(earlier)[0].val_loss
    # Once an epoch is over, it takes nothing more from the earlier run.
    shutil.rmtree(copied)
    (longer / run_layout.RECORD).unlink()
    run_job(reopen_job(longer))
    # Before that, it does not begin from nothing without a word.
    (longer / run_layout.RECORD).unlink()
    (longer / run_layout.FLOAT_STATE).unlink()
    with pytest.raises(ConfigError, match="no run or file is there any more; put it back"):
        reopen_job(longer)


def test_a_run_of_another_network_says_which_flags_make_it_the_same(
    data: Path, config: TrainConfig, earlier: Path, tmp_path: Path
) -> None:
    wider = with_weights(config, earlier)
    wider = replace(wider, network=replace(wider.network, width=2 * config.network.width))
    assert refuse(data, wider, tmp_path).endswith(f"; add --set network.width={config.network.width}")
    other = replace(wider, network=replace(wider.network, name="residual"))
    assert f"; add --network {config.network.name} --set network.width=" in refuse(data, other, tmp_path)


def test_all_flags_that_are_missing_stand_in_one_line(
    data: Path, config: TrainConfig, copied: Path, tmp_path: Path
) -> None:
    """Those of how pictures are seen, of the cut and of the network; followed, they are accepted."""
    change_setting(copied, "delivered = false", "delivered = true")
    unlike = with_weights(config, copied)
    unlike = replace(
        unlike,
        data=replace(unlike.data, validation=0.1),
        network=replace(unlike.network, name="compact", width=16),
    )
    said = refuse(data, unlike, tmp_path)
    flags = said.split("; add ")[1]
    assert flags == (
        "--set data.size=16 --set data.fit=resize --set data.delivered=true --set data.validation=0.25 "
        "--network classic --set network.width=4"
    )
    settings = dict(parse_setting(part) for part in flags.split() if "." in part)
    followed = load_config(None, {**settings, "network.name": "classic", "network.weights": str(copied)})
    open_job(data, tmp_path / "longer", followed)


def test_other_histories_are_no_other_pictures(
    data: Path, config: TrainConfig, copied: Path, tmp_path: Path
) -> None:
    change_setting(copied, "delivered = false", "delivered = true")
    change_setting(copied, "histories = 3", "histories = 1")
    delivered = replace(
        with_weights(config, copied), data=replace(config.data, delivered=True, retouched=0.1)
    )
    open_job(data, tmp_path / "longer", delivered)


@pytest.mark.parametrize(
    ("old", "new", "flag"),
    [
        ("leave_out = []", 'leave_out = ["a b"]', "--set 'data.leave_out=[\"a b\"]'"),
        ('left_out = ""', 'left_out = "left_out"', "--set data.left_out=left_out"),
        ("most = 0", "most = 30", "--set data.most=30"),
    ],
)
def test_settings_that_choose_other_pictures_are_named(
    data: Path, config: TrainConfig, copied: Path, tmp_path: Path, old: str, new: str, flag: str
) -> None:
    source = json.loads((copied / run_layout.SOURCE).read_text())
    (copied / run_layout.SOURCE).write_text(json.dumps(source | {"digest": "of other pictures"}))
    said = refuse(data, with_weights(config, copied), tmp_path)
    assert said.endswith("was trained on other data; train it on this DATA")
    change_setting(copied, old, new)
    said = refuse(data, with_weights(config, copied), tmp_path)
    assert said == f"weights {copied}: has seen other validation images; add {flag}"


def test_an_interrupted_training_goes_on_from_any_folder(
    data: Path, config: TrainConfig, copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    shutil.copytree(copied, "teacher")
    given = with_weights(config, "copied")
    given = replace(
        given,
        fit=replace(given.fit, blend=0.5),
        distill=replace(given.distill, teachers=("teacher",)),
    )
    run = open_job(data, tmp_path / "longer", given).run
    assert reopen_job(run, data, given).config.network.weights == str(copied)
    change_setting(run, f'weights = "{copied}"', 'weights = "copied"')  # as earlier versions wrote it
    assert reopen_job(run, data, given).config.network.weights == str(copied)
    change_setting(run, 'weights = "copied"', f'weights = "{copied}"')
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert reopen_job(run).config.distill.teachers == (str(tmp_path / "teacher"),)
    for gone, role in ((tmp_path / "teacher", "teacher"), (copied, "weights")):
        gone.rename(tmp_path / "moved")
        with pytest.raises(ConfigError) as caught:
            reopen_job(run)
        assert str(caught.value) == (
            f"{role} {gone}: no run or file is there any more; "
            "put it back there, or train anew into another -o"
        )
        (tmp_path / "moved").rename(gone)
    reopen_job(run)


def test_a_team_agrees_on_the_run_and_not_on_where_it_lies(
    data: Path, config: TrainConfig, earlier: Path, copied: Path, tmp_path: Path
) -> None:
    facts = [
        name_facts(open_job(data, tmp_path / f"worker-{number}", with_weights(config, weights)))
        for number, weights in enumerate((earlier, copied))
    ]
    assert facts[0] == facts[1]
    record = (copied / run_layout.RECORD).read_text()
    (copied / run_layout.RECORD).write_text(f"{record} ")
    assert facts[0] != name_facts(open_job(data, tmp_path / "worker-2", with_weights(config, copied)))


def test_a_run_that_saw_the_validation_images_is_refused(
    data: Path, config: TrainConfig, earlier: Path, tmp_path: Path
) -> None:
    cut_otherwise = replace(with_weights(config, earlier), data=replace(config.data, split_seed=1))
    said = refuse(data, cut_otherwise, tmp_path)
    assert said == f"weights {earlier}: has seen other validation images; add --set data.split_seed=0"


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"")])
def test_float_weights_that_cannot_be_read_are_refused(
    data: Path, config: TrainConfig, copied: Path, tmp_path: Path, damage: object
) -> None:
    assert callable(damage)
    damage(copied / run_layout.FLOAT_STATE)
    assert "its float weights cannot be read" in refuse(data, with_weights(config, copied), tmp_path)


def test_a_run_that_diverged_is_refused(
    data: Path, config: TrainConfig, copied: Path, tmp_path: Path
) -> None:
    state = load_state(copied / run_layout.FLOAT_STATE)
    state.best[0][:] = np.nan
    save_state(copied / run_layout.FLOAT_STATE, state)
    assert "its training diverged" in refuse(data, with_weights(config, copied), tmp_path)


def test_a_run_may_have_the_name_of_a_file(
    data: Path, config: TrainConfig, earlier: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(earlier, tmp_path / "run.npz"))
    assert is_run(str(run))
    open_job(data, tmp_path / "longer", with_weights(config, run))


def test_a_run_without_its_end_is_finished_first(
    data: Path, config: TrainConfig, copied: Path, tmp_path: Path
) -> None:
    (copied / run_layout.RECORD).unlink()
    said = refuse(data, with_weights(config, copied), tmp_path)
    assert said.endswith(f"finish it with `fakelens train --resume -o {copied}`")
    (copied / run_layout.RECORD).write_text("{}")
    (copied / run_layout.SOURCE).write_text(json.dumps([]))
    assert "its settings cannot be read" in refuse(data, with_weights(config, copied), tmp_path)


@pytest.mark.parametrize("name", ["compact", "lite0", "mobilenetv2"])
def test_where_no_run_is_nothing_begins_from_nothing(
    data: Path, config: TrainConfig, tmp_path: Path, name: str
) -> None:
    for weights in ("rnu", str(data)):
        network = replace(config.network, name=name, weights=weights)
        assert f"weights {weights}: no run" in refuse(data, replace(config, network=network), tmp_path)


def test_a_folder_with_the_name_of_weights_is_no_run(
    data: Path, config: TrainConfig, tmp_path: Path, earlier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("none", "photo", "imagenet"):
        shutil.copytree(earlier, name)
        Path(name, run_layout.RECORD).unlink()  # as a run it would be refused
        assert not is_run(name)
    assert is_run(str(earlier))
    open_job(data, tmp_path / "plain", config)
    open_job(data, tmp_path / "lite0", replace(config, network=replace(config.network, weights="photo")))


def test_a_run_ends_with_a_blend_of_what_it_began_with_and_what_it_learned(
    data: Path, config: TrainConfig, earlier: Path, tmp_path: Path
) -> None:
    blended = replace(with_weights(config, earlier), fit=replace(config.fit, blend=0.25))
    run = run_job(open_job(data, tmp_path / "blended", blended)).run
    learned, began = (load_state(path / run_layout.FLOAT_STATE).best for path in (run, earlier))
    assert any((own != other).any() for own, other in zip(learned, began, strict=True))
    model = open_network(with_weights(config, run).network, config.data.size)
    take_run_weights(model, earlier, 0.25)
    for array, own, other in zip(model.get_weights(), learned, began, strict=True):
        np.testing.assert_allclose(array, 0.75 * own + 0.25 * other, atol=1e-6)
    # What was handed over is the blend, but for the scale in its first kernel and the calibrated last layer.
    finished = keras.models.load_model(run / run_layout.MODEL, compile=False)
    inner = list(zip(finished.get_weights(), model.get_weights(), strict=True))[1:-2]
    assert inner
    for array, expected in inner:
        np.testing.assert_allclose(array, expected, atol=1e-6)


def test_a_blend_needs_the_run_it_blends_in(data: Path, config: TrainConfig, tmp_path: Path) -> None:
    blended = replace(config, fit=replace(config.fit, blend=0.5))
    assert "fit.blend mixes in the weights of a run" in refuse(data, blended, tmp_path)
    assert "weights rnu: no run is there" in refuse(data, with_weights(blended, "rnu"), tmp_path)
