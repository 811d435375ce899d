import logging
from dataclasses import replace

import pytest

from fakelens.edge_runtime.errors import UsageError
from fakelens.train.defaults import find_free, keep_free
from fakelens.train.settings import load_config
from fakelens.train.starts.tuning import check_alone, describe_start, is_tuned, tune_data, tune_fit


def test_more_pictures_need_fewer_histories_and_the_head_learns(caplog: pytest.LogCaptureFixture) -> None:
    given = describe_start("photo")
    config, free = load_config(None, given), find_free(None, given)
    histories = []
    with caplog.at_level(logging.INFO):
        for pictures in (40, 160, 800):
            data = tune_data(config, (pictures, pictures), free)
            tuned = tune_fit(data, pictures, 2 * pictures * data.data.histories, free)
            histories.append(tuned.data.histories)
            assert (tuned.fit.epochs, tuned.fit.probe > 0) == (0, True)
    assert histories == sorted(histories, reverse=True)
    assert tune_data(config, (40, 80), free).data.histories == histories[0] / 2
    assert tune_data(config, (40, 4000), free).data.histories == 1  # and the 40 have a hundred
    assert caplog.text.count("versions of all: the head learns, ") == 3
    load_config(None, given | {"fit.epochs": 0})  # --epochs 0


def test_with_epochs_more_pictures_train_more_layers() -> None:
    given = describe_start("photo") | {"fit.epochs": 2}
    config, free = load_config(None, given), find_free(None, given)
    frozen = []
    for pictures in (40, 160, 800):
        tuned = tune_fit(config, pictures, 2 * pictures, free)
        frozen.append(tuned.network.frozen)
        assert tuned.fit.epochs == 2
        assert 0 < tuned.distill.share < 0.5  # the label decides
    assert frozen == sorted(frozen, reverse=True)
    assert len(set(frozen)) == 3


def test_photo_brings_its_network_and_its_view() -> None:
    config = load_config(None, describe_start("photo"))
    assert (config.network.name, config.network.weights, config.data.size) == ("lite0", "photo", 320)
    assert config.distill.teachers == ("start",)
    assert is_tuned(config)


def test_imagenet_has_no_answers_to_keep() -> None:
    given = describe_start("imagenet")
    config, free = load_config(None, given), find_free(None, given)
    assert is_tuned(config)
    assert tune_fit(config, 50, 600, free).distill == config.distill
    tuned = tune_fit(config, 50, 600, free)
    assert tuned.network.half
    assert tuned.fit.epochs == 0
    assert tuned.fit.probe > 0  # a head that knows nothing would spoil what the features know
    assert tuned.fit.learning_rate <= 1e-4


def test_what_is_set_stays(caplog: pytest.LogCaptureFixture) -> None:
    flags = {
        "network.frozen": 2,
        "fit.epochs": 1,
        "data.histories": 1,
        "distill.share": 0.9,
        "fit.learning_rate": 1e-5,
    }
    given = describe_start("photo") | flags
    config, free = load_config(None, given), find_free(None, given)
    with caplog.at_level(logging.INFO):
        tuned = tune_fit(tune_data(config, (50, 50), free), 50, 100, free)
    assert replace(tuned, fit=replace(tuned.fit, batch_size=config.fit.batch_size)) == config
    assert "the last 11 blocks learn, rate 1e-05, 1 epoch of 7 steps, 90%" in caplog.text
    assert keep_free(config, tuned, free) == tuned


def test_options_that_the_start_sets_are_refused() -> None:
    with pytest.raises(UsageError, match="leave out --size, --tiles"):
        check_alone("photo", {"--size": 3, "--tiles": True, "--alpha": None})
    check_alone("photo", {"--size": None, "--tiles": False})
