from pathlib import Path

import pytest

from fakelens.edge_runtime.errors import ConfigError
from fakelens.train.config import TrainConfig
from fakelens.train.recipes import list_recipes
from fakelens.train.settings import config_from_dict, config_to_dict, load_config, parse_setting


def test_flag_goes_before_recipe_before_default(tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text("[fit]\nepochs = 7\nbatch_size = 32\n")
    config = load_config(str(recipe), {"fit.epochs": 9})
    assert config.fit.epochs == 9
    assert config.fit.batch_size == 32
    assert config.fit.ema == TrainConfig().fit.ema
    assert config.recipe == "mine"


def test_every_packaged_recipe_loads() -> None:
    assert {"demo", "cifake-quick"} <= set(list_recipes())
    for name in list_recipes():
        assert load_config(name, {}).recipe == name


def test_config_survives_its_own_dictionary() -> None:
    config = load_config("demo", {"seed": 3})
    assert config_from_dict(config_to_dict(config)) == config


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"fit.epoch": 3}, r"fit\.epoch: no such key; did you mean fit\.epochs\?"),
        ({"epochs": 3}, r"did you mean fit\.epochs or head\.epochs or prune\.epochs or qat\.epochs\?"),
        ({"fits.epochs": 3}, r"fits: no such key; did you mean fit\?"),
        ({"qat.zzz": 3}, r"qat\.zzz: no such key; there are qat\.enabled, "),
        ({"fit.epochs": "many"}, "fit.epochs"),
        ({"fit.epochs": -1}, "fit.epochs is -1"),
        ({"prune.sparsity": 1.5}, "prune.sparsity is 1.5"),
        ({"fit.precision": "float8"}, "float8"),
        ({"name.x": 1}, "name"),
        ({"network.name": "nix"}, "network 'nix' does not exist; there are classic, "),
        ({"data.zoomed": 0.5}, "set data.delivered"),
        ({"data.gentle": 320}, "set data.delivered"),
        (
            {"network.name": "lite0", "network.hidden": 9, "head.members": 2},
            "head.members is 2, which 9 units",
        ),
        ({"network.name": "lite0", "network.enlarge": 0}, "network.enlarge is 0, expected 1 to 8"),
        ({"network.name": "lite0", "network.expansion": 1}, "network.expansion is 1, expected 2 to 6"),
        ({"network.name": "lite0", "network.enlarge": 2, "network.reduce": 2}, "undo each other"),
        ({"network.name": "lite0", "network.enlarge": 4, "data.size": 320}, "320 px become 1280"),
        ({"network.name": "compact", "network.enlarge": 2}, "network.enlarge changes nothing"),
        ({"network.name": "lite0", "network.levels": 5}, "network.levels is 5, expected a list in brackets"),
        ({"network.name": "residual", "network.stages": "[16"}, r"network.stages is '\[16', expected a list"),
        ({"data.leave_out": "[flux, a b]"}, r"""in quotes: --set 'data.leave_out=\["flux", "a b"\]'"""),
        ({"distill.teachers": "run"}, "distill.teachers is 'run', expected a list"),
        ({"fit.epochs": True}, "fit.epochs is true, expected a number"),
        ({"fit.learning_rate": False}, "fit.learning_rate is false, expected a number"),
        ({"qat.enabled": 1}, "qat.enabled"),
        ({"seed": -1}, "seed is -1, expected 0 to 4294967295"),
        ({"seed": 2**32}, "seed is 4294967296, expected 0 to 4294967295"),
        ({"data.layout.real": "photos"}, "data.layout.real is 'photos', expected a list"),
    ],
)
def test_an_unusable_value_is_named(flags: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config("demo", flags)


def test_an_unknown_recipe_names_those_there() -> None:
    with pytest.raises(ConfigError, match="cifake-quick"):
        load_config("nonsense", {})


def test_a_broken_recipe_is_one_line(tmp_path: Path) -> None:
    recipe = tmp_path / "bad.toml"
    recipe.write_text("[fit\n")
    with pytest.raises(ConfigError, match="not a TOML recipe"):
        load_config(str(recipe), {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fit.ema=0.99", ("fit.ema", 0.99)),
        ("qat.enabled=true", ("qat.enabled", True)),
        ("network.name=classic", ("network.name", "classic")),
    ],
)
def test_settings_are_typed_as_in_toml(text: str, expected: tuple[str, object]) -> None:
    assert parse_setting(text) == expected


def test_a_setting_without_value_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"section\.key=value"):
        parse_setting("fit.ema")


def test_a_key_of_another_network_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"network.alpha changes nothing: network compact reads dropout, width"
    ):
        load_config(None, {"network.alpha": 0.5})
    assert load_config(None, {"network.name": "mobilenetv2", "network.alpha": 0.5}).network.alpha == 0.5


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    recipe = tmp_path / "latin.toml"
    recipe.write_bytes(b'description = "sch\xf6n"\n')
    with pytest.raises(ConfigError, match="which is not text in UTF-8"):
        load_config(str(recipe), {})
