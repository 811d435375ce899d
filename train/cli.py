"""Commands of this package: `train`, `synthesize`, `audit`."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.extras import require_extra
from fakelens.train import options
from fakelens.train.fakes.kinds import list_fakers
from fakelens.train.startup import load_tensorflow, require_tensorflow, show_log

if TYPE_CHECKING:
    from fakelens.train.config import TrainConfig
    from fakelens.train.fakes.synthesize import SynthesizeConfig
    from fakelens.train.fakes.whole_images import WholeConfig
    from fakelens.train.run.job import Job


def register(app: typer.Typer) -> None:
    """Mount this package's commands."""
    app.command()(train)
    app.command()(synthesize)
    app.command()(audit)


def train(
    data: options.Data = None,
    output: options.Output = Path("run"),
    recipe: options.Recipe = None,
    network: options.Network = None,
    size: options.Size = None,
    tiles: options.Tiles = False,
    resize: options.Resize = None,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    alpha: Annotated[float | None, typer.Option(help="Width of mobilenetv2.")] = None,
    weights: options.Weights = None,
    teacher: options.Teacher = None,
    prune: options.Prune = None,
    qat: options.Qat = None,
    seed: options.Seed = None,
    name: Annotated[str | None, typer.Option(help="The model's name.")] = None,
    setting: options.Setting = None,
    parent: options.From = None,
    resume: options.Resume = False,
    require_auc: options.RequireAuc = None,
) -> None:
    """Train a network on real and fake images; writes a run directory with a report.

    A flag goes before the recipe, the recipe before the default; defaults follow the data. Exit codes:
    0 done, 1 below --require-auc, 2 unusable input, 3 TensorFlow is not installed, 130 interrupted (go on
    with --resume).
    """
    from fakelens.train.config import load_config, parse_setting

    if require_auc is not None and not 0.5 <= require_auc <= 1:
        raise UsageError(f"--require-auc is {require_auc:g}, expected .5 (chance) to 1")
    if resize is not None and (tiles or size is not None):
        raise UsageError("--resize PX sets size and scaling: leave out --tiles and --size")
    flags = {
        "network.name": network,
        "data.size": size if resize is None else resize,
        "data.fit": "tiles" if tiles else None if resize is None else "resize",
        "fit.epochs": epochs,
        "fit.batch_size": batch_size,
        "network.alpha": alpha,
        "network.weights": weights,
        "distill.teachers": tuple(teacher) if teacher else None,
        "prune.sparsity": prune,
        "qat.enabled": qat,
        "seed": seed,
        "name": name,
    }
    given = {key: value for key, value in flags.items() if value is not None}
    given |= dict(parse_setting(text) for text in setting or [])
    if parent is not None and (resume, data, recipe) != (False, None, None):
        raise UsageError("--from takes data and settings of its RUN: leave out DATA, --recipe and --resume")
    if not resume and data is None and parent is None:
        raise UsageError("DATA is missing: a folder with real/ and fake/")
    config = load_config(recipe, given)
    require_tensorflow()
    show_log()
    from fakelens.train.defaults import find_free
    from fakelens.train.run.job import derive_job, reopen_job

    free = find_free(recipe, given)
    if parent is not None:
        job = derive_job(parent, output, given)
    elif resume or data is None:
        job = reopen_job(output, data, config if given or recipe else None, free)
    else:
        job = _open_job(data, output, config, free)
    load_tensorflow()
    from fakelens.train.run.outcome import check_auc
    from fakelens.train.run.trainer import describe_result, run_job

    result = run_job(job)
    for line in describe_result(result):
        typer.echo(line)
    check_auc(result.outcome, require_auc)


def _open_job(data: Path, output: Path, config: "TrainConfig", free: frozenset[str]) -> "Job":
    """Return the job of a new run, after a warning where file metadata alone tell the classes apart."""
    from fakelens.train.audit.dataset_audit import warn_of_giveaways
    from fakelens.train.run.job import open_job
    from fakelens.train.run.rundir import check_new

    check_new(output)  # before anything that takes seconds
    warn_of_giveaways(data)
    return open_job(data, output, config, free)


def synthesize(
    context: typer.Context,
    photos: Annotated[
        str,
        typer.Argument(
            metavar="PHOTOS", help="Folder of real photos, or `builtin`: those in Python packages."
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DATA", help="The new data set.")],
    tile_size: Annotated[int, typer.Option(help="Side of a tile in px.")] = 32,
    tiles_per_photo: Annotated[int, typer.Option(help="Tiles of a photo at most, of either class.")] = 200,
    steps: Annotated[int | None, typer.Option(help="Training steps of each auto-encoder.")] = None,
    seed: Annotated[int, typer.Option(help="Of split, tiles and auto-encoder.")] = 0,
    whole: Annotated[
        bool, typer.Option("--whole", help="Whole fakes instead of tiles: DATA/<generator>/<split>/fake/.")
    ] = False,
    generators: Annotated[
        str | None,
        typer.Option(metavar="A,B,C", help=f"--whole: of {', '.join(list_fakers())}; all by default."),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--photos", metavar="N", help="--whole: photos a generator, of all sources.")
    ] = None,
    most_px: Annotated[
        int | None, typer.Option(help="--whole: larger photos are cut, never resized.")
    ] = None,
    sharp: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="--whole: fakes made as sharp as their photos."),
    ] = None,
    autoencoder: options.Autoencoder = None,
    crop: options.Crop = None,
) -> None:
    """Make fakes, and a labelled real/fake set, from nothing but real photos.

    The fakes are the photos' own tiles passed through an up-sampling auto-encoder trained on them, which
    leaves a trace of the kind that generators leave; content, size and encoding match. With --whole they
    are photos, of several generators and manipulations; train/ and test/ with real/ in PHOTOS are kept.
    With --autoencoder they are pairs, real and fake; the command goes on where it was interrupted.
    """
    for option in ("tile_size", "tiles_per_photo"):
        source = context.get_parameter_source(option)
        if whole and source is not None and source.name == "COMMANDLINE":
            raise UsageError(f"--{option.replace('_', '-')} goes without --whole only: there are no tiles")
    if autoencoder is not None or crop is not None:
        if not whole or autoencoder is None or (generators, most_px, sharp, steps) != (None,) * 4:
            raise UsageError(
                "--autoencoder goes with --whole, --crop, --photos and --seed, --crop with --autoencoder only"
            )
        _synthesize_pairs(photos, output, autoencoder, {"crop": crop, "per_source": count, "seed": seed})
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
        typer.echo(f"left out: {line}", err=True)
    for line in lines:
        typer.echo(line)


def audit(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="Folder with real/ and fake/, optionally in train/, test/.")
    ],
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Images of each class that are opened; 5,000 by default.")
    ] = None,
    max_auc: Annotated[
        float | None, typer.Option(help="Exit 1 where file metadata tell the class better; .65 by default.")
    ] = None,
    tile_size: Annotated[
        int | None, typer.Option(help="Count images smaller than so many px; the default of train's --size.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write a page.")] = None,
    equalize: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT",
            help="Write a copy whose files are encoded alike, without metadata, and audit the copy.",
        ),
    ] = None,
    crop: Annotated[
        int | None,
        typer.Option(metavar="PX", help="With --equalize: cut a random square out of each image."),
    ] = None,
) -> None:
    """Tell what gives the class away but the image: file metadata, plain pixel statistics; find copies.

    --equalize saves both classes as JPEG of random quality, 4:2:0. It cannot remove the traces of an
    earlier compression, nor how well a picture compresses; dimensions only with --crop.
    Exit codes: 0 done, 1 file metadata give the class away, 2 a file could not be read.
    """
    require_extra("train", "sklearn", "jinja2")
    from fakelens.train.audit.dataset_audit import MAX_AUC, AuditConfig, check_metadata, suggest_remedy
    from fakelens.train.audit.dataset_audit import audit as run
    from fakelens.train.audit.findings import render_json, render_text, write_page

    most = MAX_AUC if max_auc is None else max_auc
    if not 0.5 <= most <= 1:
        raise UsageError(f"--max-auc is {most:g}, expected .5 (chance) to 1")
    if crop is not None and equalize is None:
        raise UsageError("--crop changes nothing without --equalize OUT: add it")
    config = AuditConfig(data=data)
    config = config if limit is None else replace(config, limit=limit)
    config = config if tile_size is None else replace(config, tile_size=tile_size)
    broken = False
    if equalize is not None:
        broken = _equalize(data, equalize, crop)
        config = replace(config, data=equalize)
    result = run(config)
    typer.echo(render_json(result) if json else render_text(result, most))
    if html is not None:
        write_page(html, result, most)
    check_metadata(
        result, most, suggest_remedy(data, equalized=equalize is not None, cropped=crop is not None)
    )
    if broken or result.broken:
        raise typer.Exit(2)


def _equalize(data: Path, output: Path, crop: int | None) -> bool:
    """Write the equalized copy and tell what was left out; whether files were broken."""
    from fakelens.train.audit.equalize import EqualizeConfig, equalize

    result = equalize(EqualizeConfig(data=data, output=output, crop=crop))
    for line in result.broken:
        typer.echo(f"left out: {line}", err=True)
    if any(result.too_small):
        real, fake = result.too_small
        typer.echo(f"left out: {real:,} real, {fake:,} fake smaller than the crop of {crop} px", err=True)
    typer.echo(
        f"{output}: {result.written[0]:,} real and {result.written[1]:,} fake images encoded alike. Not "
        "removed: traces of an earlier compression, how well a picture compresses"
        + ("" if crop else ", dimensions (see --crop)"),
        err=True,
    )
    return bool(result.broken)
