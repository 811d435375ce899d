from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tf_keras", reason="training needs the [train] extra")

import tf_keras as keras

from fakelens.train.config import NetworkConfig
from fakelens.train.defaults import find_free
from fakelens.train.networks import build_network
from fakelens.train.run import first_look
from fakelens.train.run.first_look import look_early
from fakelens.train.run.job import open_job
from fakelens.train.run.trainer import run_job
from fakelens.train.settings import load_config
from fakelens.train.starts.start_file import Start, encode_start
from fakelens.train.starts.tuning import describe_start


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Any]:
    """Those of a start of which the head learns alone, on pictures of 16 px."""
    monkeypatch.setenv("FAKELENS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(first_look, "_FEW", 4)
    monkeypatch.setattr(first_look, "_FEWEST", 4)
    keras.utils.set_random_seed(0)
    network = {"name": "classic", "width": 4}
    layers = build_network(NetworkConfig(name="classic", width=4), 16).layers
    start = Start(
        name="tiny",
        network=network,
        data={"size": 16, "fit": "resize", "delivered": True},
        temperature=1.0,
        bias=0.0,
        threshold=0.5,
        unsure_low=0.4,
        unsure_high=0.6,
        licences="",
        weights={layer.name: layer.get_weights() for layer in layers if layer.weights},
    )
    (tmp_path / "tiny.npz").write_bytes(encode_start(start)[0])
    return describe_start(str(tmp_path / "tiny.npz")) | {"fit.epochs": 0, "fit.warmup_epochs": 0}


def test_a_few_pictures_show_first_what_a_head_learns_and_are_not_looked_at_again(
    tmp_path: Path,
    data: Path,
    settings: Mapping[str, Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level("INFO")
    config, free = load_config(None, settings), find_free(None, settings)
    look = look_early(data, config, free)
    assert look is not None
    assert (look.learned, look.judged) == (8, 8)
    assert look.after.value > 0.8  # brightness tells the class
    assert "first look: the head learns of 8 pictures, AUC " in caplog.text
    few = read_names(tmp_path / "cache")
    result = run_job(open_job(data, tmp_path / "run", config, free))
    seen = read_names(tmp_path / "cache")
    assert set(few) < set(seen)
    assert len(set(seen)) == len(seen)  # none twice
    monkeypatch.setenv("FAKELENS_CACHE", str(tmp_path / "other"))
    alone = run_job(open_job(data, tmp_path / "alone", config, free))
    assert alone.validation == result.validation  # the look changes nothing


def read_names(cache: Path) -> list[bytes]:
    """Return the pictures that frozen layers have looked at."""
    files = [np.load(path)["names"] for path in cache.glob("features/*/*.npz")]
    return [row.tobytes() for rows in files for row in rows]


def test_there_is_no_first_look_where_all_is_as_quick_or_more_learns(
    data: Path, settings: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in ({"fit.epochs": 1}, {"data.leave_out": ["a"]}, {"distill.teachers": ["photo"]}):
        given = dict(settings) | other
        assert look_early(data, load_config(None, given), find_free(None, given)) is None
    monkeypatch.setattr(first_look, "_FEW", 24)
    assert look_early(data, load_config(None, settings), find_free(None, settings)) is None


def test_large_pictures_are_fewer() -> None:
    assert [first_look._choose_number(side) for side in (0, 512, 2000, 4000)] == [24, 24, 12, 10]
