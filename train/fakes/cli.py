"""The command `synthesize`: which of three ways to make fakes its options ask for."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.options import is_typed
from fakelens.edge_runtime.saying import say, show_log
from fakelens.train import options
from fakelens.train.fakes import options as own
from fakelens.train.fakes.kinds import list_fakers
from fakelens.train.startup import load_tensorflow

if TYPE_CHECKING:
    from fakelens.train.fakes.synthesize import SynthesizeConfig
    from fakelens.train.fakes.whole_images import WholeConfig


def synthesize(
    context: typer.Context,
    photos: own.Photos,
    output: own.Output,
    tile_size: own.TileSize = 32,
    tiles_per_photo: own.TilesPerPhoto = 200,
    steps: own.Steps = None,
    seed: own.Seed = 0,
    whole: own.Whole = False,
    generators: own.Generators = None,
    count: own.Count = None,
    most_px: own.MostPx = None,
    sharp: own.Sharp = None,
    autoencoder: options.Autoencoder = None,
    crop: options.Crop = None,
    own_decoders: own.OwnDecoders = None,
) -> None:
    """Make fakes from real photos, and a labelled data set of both.

    The fakes are the photos' own tiles passed through an up-sampling auto-encoder trained on them, which
    leaves a trace of the kind that generators leave; content, size and encoding match. With --whole they
    are photos, of several generators and manipulations; train/ and test/ with real/ in PHOTOS are kept.
    With --autoencoder they are pairs, real and fake; the command goes on where it was interrupted.
    """
    _check_options(context, whole=whole, seed=seed)
    if (autoencoder, crop, own_decoders) != (None,) * 3:
        others = (generators, most_px, sharp, None if own_decoders else steps)
        if not whole or autoencoder is None or others != (None,) * 4:
            raise UsageError(
                "--autoencoder goes with --whole, --crop, --own-decoders, --photos and --seed; --crop and "
                "--own-decoders with --autoencoder only, and --steps with it where there are --own-decoders"
            )
        settings = {"crop": crop, "per_source": count, "seed": seed, "steps": steps}
        _synthesize_pairs(photos, output, autoencoder, settings | {"own_decoders": own_decoders})
        return
    if not whole and (generators, count, most_px, sharp) != (None,) * 4:
        raise UsageError("--generators, --photos, --most-px and --sharp go with --whole only")
    load_tensorflow()
    show_log()
    if whole:
        from fakelens.train.fakes.kinds import parse_fakers
        from fakelens.train.fakes.whole_images import WholeConfig

        chosen = parse_fakers(list_fakers() if generators is None else generators.split(","))
        given: dict[str, Any] = {"per_faker": count, "most_px": most_px, "steps": steps, "sharp": sharp}
        made = WholeConfig(
            photos=photos, output=output, generators=chosen[0], manipulations=chosen[1], seed=seed
        )
        _synthesize_whole(replace(made, **{key: value for key, value in given.items() if value is not None}))
        return
    from fakelens.train.fakes.synthesize import SynthesizeConfig

    config = SynthesizeConfig(
        photos=photos, output=output, tile_size=tile_size, tiles_per_photo=tiles_per_photo, seed=seed
    )
    _synthesize_tiles(config if steps is None else replace(config, steps=steps))


def _check_options(context: typer.Context, *, whole: bool, seed: int) -> None:
    from fakelens.train.settings import check_seed

    check_seed(seed, "--seed")
    for option in ("tile_size", "tiles_per_photo"):
        if whole and is_typed(context, option):
            raise UsageError(f"--{option.replace('_', '-')} goes without --whole only: there are no tiles")


def _synthesize_whole(config: "WholeConfig") -> None:
    from fakelens.train.fakes.whole_images import describe_whole, synthesize_whole

    result = synthesize_whole(config)
    _print_made(result.skipped, describe_whole(result))


def _synthesize_pairs(
    photos: str, output: Path, weights: tuple[Path, Path], settings: dict[str, int | None]
) -> None:
    load_tensorflow()
    show_log()
    from fakelens.train.fakes.latent_pairs import PairsConfig, describe_pairs, synthesize_pairs
    from fakelens.train.fakes.latents import load_autoencoder

    given: dict[str, Any] = {key: value for key, value in settings.items() if value is not None}
    config = replace(PairsConfig(photos=photos, output=output), **given)
    result = synthesize_pairs(config, load_autoencoder(*weights))
    _print_made(result.skipped, describe_pairs(result))


def _synthesize_tiles(config: "SynthesizeConfig") -> None:
    from fakelens.train.fakes.synthesize import describe_tiles
    from fakelens.train.fakes.synthesize import synthesize as run

    result = run(config)
    _print_made(result.skipped, describe_tiles(result))


def _print_made(skipped: Iterable[str], lines: Iterable[str]) -> None:
    for line in skipped:
        say(f"left out: {line}", err=True)
    for line in lines:
        say(line)
