"""Named training recipes, as package data: `fakelens train DATA --recipe NAME`, one TOML file each."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from fakelens.edge_runtime.errors import ConfigError

_RECIPES = Path(str(files("fakelens.train.recipes")))


def list_recipes() -> list[str]:
    """Return the names of the recipes that come with the package."""
    return sorted(path.stem for path in _RECIPES.glob("*.toml"))


def read_recipe(recipe: str) -> dict[str, Any]:
    """Return what a packaged recipe, or a TOML file, sets; `ConfigError` where it is neither.

    What is no UTF-8 is kept as `os.fsdecode` has it: a run's own file names folders; `load_config` refuses it
    elsewhere.
    """
    path = _RECIPES / f"{recipe}.toml" if recipe in list_recipes() else Path(recipe)
    try:
        tree: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
    except FileNotFoundError as error:
        there = ", ".join(list_recipes())
        raise ConfigError(f"{recipe}: no such recipe; there are {there}, or a TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{recipe}: not a TOML recipe ({error})") from error
    return tree
