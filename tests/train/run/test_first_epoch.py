from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("tf_keras", reason="training needs the [train] extra")

import tf_keras as keras

from fakelens.benchmarks.labelled import Split
from fakelens.train.config import NetworkConfig
from fakelens.train.data.dataset import load_dataset, load_reduced
from fakelens.train.defaults import find_free
from fakelens.train.networks import build_network
from fakelens.train.run import first_epoch
from fakelens.train.run.first_epoch import run_first_epoch
from fakelens.train.run.job import open_job
from fakelens.train.run.trainer import run_job
from fakelens.train.settings import load_config
from fakelens.train.starts.start_file import Start, encode_start
from fakelens.train.starts.tuning import describe_start


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Any]:
    """Those of a start of which the head learns alone, on pictures of 32 px."""
    monkeypatch.setenv("FAKELENS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(first_epoch, "_FEWEST", 80)
    keras.utils.set_random_seed(0)
    network = {"name": "lite0", "cut": 1, "half": True}
    layers = build_network(NetworkConfig(name="lite0", cut=1, half=True), 32).layers
    start = Start(
        name="tiny",
        network=network,
        data={"size": 32, "fit": "resize", "delivered": True},
        temperature=1.0,
        bias=0.0,
        threshold=0.5,
        unsure_low=0.4,
        unsure_high=0.6,
        licences="",
        weights={layer.name: layer.get_weights() for layer in layers if layer.weights},
    )
    (tmp_path / "tiny.npz").write_bytes(encode_start(start)[0])
    return describe_start(str(tmp_path / "tiny.npz")) | {"fit.warmup_epochs": 0}


def test_all_pictures_are_learned_from_at_half_their_size_first_which_changes_nothing(
    tmp_path: Path,
    data: Path,
    settings: Mapping[str, Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level("INFO")
    config, free = load_config(None, settings), find_free(None, settings)
    epoch = run_first_epoch(data, config, free)
    assert epoch is not None
    assert (epoch.learned, epoch.judged) == (52, 12)  # of 80, 16 are test
    assert epoch.after.value > 0.8  # brightness tells the class
    assert "first epoch, pictures at half their size: the head learns of 52, AUC " in caplog.text
    result = run_job(open_job(data, tmp_path / "run", config, free))
    monkeypatch.setenv("FAKELENS_CACHE", str(tmp_path / "other"))
    alone = run_job(open_job(data, tmp_path / "alone", config, free))
    assert alone.validation == result.validation


def test_a_class_of_more_pictures_is_seen_in_part_and_says_so(
    data: Path,
    settings: Mapping[str, Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(first_epoch, "_MOST", 16)
    epoch = run_first_epoch(data, load_config(None, settings), find_free(None, settings))
    assert epoch is not None
    assert epoch.learned + epoch.judged == 32
    assert "(32 of 64 in all)" in caplog.text  # of 80, 16 are test


def test_reduced_pictures_are_split_as_all_of_them_and_damaged_ones_left_out(
    data: Path, settings: Mapping[str, Any]
) -> None:
    damaged = min((data / "Real").iterdir())
    damaged.write_bytes(damaged.read_bytes()[:40])
    config = load_config(None, settings).data
    (reduced, count), whole = load_reduced(data, config, 16, 100), load_dataset(data, config)
    assert count == 64  # of 80, 16 are test
    assert reduced.images.shape[1:] == (16, 16, 3)
    for split in (Split.TRAIN, Split.VAL):
        assert name_images(reduced.paths, reduced.rows[split]) == name_images(whole.paths, whole.rows[split])
    assert damaged not in name_images(reduced.paths, reduced.rows[Split.TRAIN])
    assert not len(reduced.rows[Split.TEST])
    row = reduced.rows[Split.TRAIN][0]
    with Image.open(reduced.paths[row]) as image:
        expected = image.convert("RGB").resize((16, 16), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(reduced.images[row], np.asarray(expected))


def name_images(paths: tuple[Path, ...], rows: Any) -> set[Path]:
    return {paths[row] for row in rows}


def test_there_is_no_first_epoch_where_all_is_as_quick_or_more_learns(
    data: Path, settings: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in ({"fit.epochs": 1}, {"data.leave_out": ["a"]}, {"distill.teachers": ["photo"]}):
        given = dict(settings) | other
        assert run_first_epoch(data, load_config(None, given), find_free(None, given)) is None
    monkeypatch.setattr(first_epoch, "_FEWEST", 81)
    assert run_first_epoch(data, load_config(None, settings), find_free(None, settings)) is None


def test_large_pictures_are_fewer() -> None:
    numbers = [first_epoch._choose_number(side, 1.0) for side in (0, 512, 1300, 2000, 6000)]
    assert numbers == [320, 320, 295, 125, 20]
    assert first_epoch._estimate_cost(1.9, jpegs=1) == first_epoch._estimate_cost(20, jpegs=0) == 1
    assert first_epoch._estimate_cost(2, jpegs=0.5) == 0.75
    cost = first_epoch._estimate_cost(3000 / 320, jpegs=1)  # photos of 12 megapixels
    assert first_epoch._choose_number(3000, cost) == 277
