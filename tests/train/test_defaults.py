import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.errors import ConfigError, UsageError
from fakelens.edge_runtime.modelfile.contract import Fit
from fakelens.train.config import TrainConfig
from fakelens.train.defaults import (
    FREE_KEYS,
    choose_schedule,
    choose_start,
    choose_view,
    find_free,
    keep_free,
    measure_median_side,
)
from fakelens.train.settings import load_config
from fakelens.train.starts.tuning import describe_start

ALL = frozenset(FREE_KEYS)


def write_sized(folder: Path, sizes: list[tuple[int, int]]) -> None:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(len(sizes))
    for number, (width, height) in enumerate(sizes):
        pixels = rng.integers(0, 256, (height, width, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")


@pytest.mark.parametrize("images", [2, 20, 160, 480, 880, 4_800, 6_000, 20_000])
def test_small_sets_get_steps_enough(images: int) -> None:
    fit = choose_schedule(TrainConfig(), images, ALL).fit
    batch_size = min(fit.batch_size, images)
    steps = -(-images * fit.repeats // batch_size)
    assert steps >= 30
    assert steps * fit.epochs >= 1000
    assert fit.batch_size <= 256
    assert fit.patience >= fit.epochs // 2
    assert 0.9 <= (fit.norm_momentum or 0.99) <= 0.99


def test_three_hundred_of_each_class() -> None:
    fit = choose_schedule(TrainConfig(), 486, ALL).fit
    assert (fit.batch_size, fit.epochs, fit.repeats, fit.norm_momentum) == (16, 33, 1, 0.903)


@pytest.mark.parametrize("images", [80_000, 90_000, 100_000, 1_000_000])
def test_large_sets_keep_the_defaults(images: int) -> None:
    assert choose_schedule(TrainConfig(), images, ALL) == TrainConfig()


def test_what_is_set_stays() -> None:
    flags = {"fit.batch_size": 32, "fit.epochs": 3, "fit.norm_momentum": 0.5, "fit.patience": 0}
    config = load_config(None, flags)
    free = find_free(None, flags)
    assert free == {"data.fit", "data.size", "fit.repeats"}
    assert choose_schedule(config, 100, free) == config
    assert choose_schedule(TrainConfig(), 100, frozenset()) == TrainConfig()


def test_a_recipe_keeps_its_own() -> None:
    free = find_free("cifake-quick", {})
    assert free == {"data.fit", "fit.repeats", "fit.norm_momentum"}
    config = load_config("cifake-quick", {})
    assert choose_schedule(config, 90_000, free) == config
    demo = load_config("demo", {})
    assert choose_schedule(demo, 2_000, find_free("demo", {})) == demo


def test_fit_auto_is_as_if_it_were_not_set() -> None:
    assert load_config(None, {"data.fit": "auto"}) == TrainConfig()
    assert find_free(None, {"data.fit": "auto"}) == ALL
    with pytest.raises(ConfigError):
        load_config(None, {"data.fit": "automatic"})


def test_large_pictures_are_cut_into_tiles(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_sized(tmp_path / "real", [(200, 150), (150, 400), (20, 30)])
    write_sized(tmp_path / "fake", [(160, 160), (30, 30)])
    (tmp_path / "fake" / "broken.png").write_bytes(b"no picture")
    assert measure_median_side(tmp_path) == 150
    with caplog.at_level(logging.INFO):
        config = choose_view(TrainConfig(), tmp_path, ALL)
    assert (config.data.fit, config.data.size) == (Fit.TILES, 64)
    assert [record.getMessage()[:28] for record in caplog.records] == ["the median picture has 150 p"]


def test_pictures_of_a_few_px_are_refused(tmp_path: Path) -> None:
    for label in ("real", "fake"):
        write_sized(tmp_path / label, [(8, 8), (8, 9)])
    with pytest.raises(UsageError, match="has 8 px on its shorter side, too few"):
        choose_view(TrainConfig(), tmp_path, ALL)
    with pytest.raises(UsageError, match="photo looks at 320 px; leave out --start"):
        choose_view(load_config(None, describe_start("photo")), tmp_path, ALL)
    flags = {"data.size": 8, "augment.shift": 1}
    assert choose_view(load_config(None, flags), tmp_path, find_free(None, flags)).data.size == 8


def test_a_size_or_fit_of_ones_own_is_kept(tmp_path: Path) -> None:
    write_sized(tmp_path / "real", [(200, 150)] * 2)
    write_sized(tmp_path / "fake", [(200, 150)] * 2)
    for flags in ({"data.size": 32}, {"data.fit": "resize"}, {"data.fit": "resize", "data.size": 48}):
        config = load_config(None, flags)
        assert choose_view(config, tmp_path, find_free(None, flags)) == config
    tiles = load_config(None, {"data.fit": "tiles"})
    assert choose_view(tiles, tmp_path, find_free(None, {"data.fit": "tiles"})).data.size == 64


def test_small_pictures_stay_whole(tmp_path: Path) -> None:
    write_sized(tmp_path / "real", [(128, 900)] * 2)
    write_sized(tmp_path / "fake", [(32, 32)] * 2)
    assert choose_view(TrainConfig(), tmp_path, ALL) == TrainConfig()


def test_a_resumed_run_keeps_what_followed_its_data() -> None:
    own = choose_schedule(load_config(None, {"seed": 3}), 480, ALL)
    again = load_config(None, {"seed": 3})
    assert again != own
    assert keep_free(again, own, ALL) == own
    assert keep_free(replace(again, seed=4), own, ALL) != own


def test_few_large_pictures_go_on_from_the_release_model(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="fakelens")
    for label in ("real", "fake"):
        write_sized(tmp_path / "large" / label, [(400, 300)] * 3)
        write_sized(tmp_path / "small" / label, [(400, 200)] * 3)
    chosen = choose_start(tmp_path / "large", None, {"seed": 3, "fit.epochs": 2})
    assert chosen == describe_start("photo") | {"seed": 3, "fit.epochs": 2}
    assert "goes on from the release model photo" in caplog.text
    assert choose_start(tmp_path / "small", None, {"seed": 3}) == {"seed": 3}


@pytest.mark.parametrize(
    ("recipe", "flags"),
    [
        (None, {"network.name": "compact"}),
        (None, {"data.fit": "tiles"}),
        (None, {"data.size": 64}),
        (None, {"distill.teachers": ("a",)}),
        ("demo", {}),
    ],
)
def test_whoever_says_what_is_to_be_trained_gets_that(
    tmp_path: Path, recipe: str | None, flags: dict[str, object]
) -> None:
    for label in ("real", "fake"):
        write_sized(tmp_path / label, [(400, 300)] * 3)
    assert choose_start(tmp_path, recipe, flags) == flags
