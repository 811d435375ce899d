"""The commands of this package: `convert` and `ship`."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fakelens.convert import options
from fakelens.convert.own.config import OwnConfig
from fakelens.convert.recipes import BorderConfig, BridgeConfig, ConvertConfig, FuseConfig, Quantization
from fakelens.edge_runtime.errors import GateError, UsageError
from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.saying import show_log

if TYPE_CHECKING:
    from rich.console import Console

    from fakelens.convert.finish import ConvertResult
    from fakelens.convert.verify import GateResult

_DEFAULTS = ConvertConfig(run=Path())
_BORDERS = BorderConfig()
# Go with --fuse or --scores.
_FUSING = ("bridge", "whole", "tiles", "pool", "split", "false_alarms", "missed", "by_source")
_OWN = ("real_images", "fake_images", "scaling", "size", "wrap")  # go with a model of your own
_CONVERTING = ("float32", "float16", "dynamic", "int8", "io", "max_drop", "qat", "threads")  # go without


def register(app: typer.Typer) -> None:
    """Mount this package's commands."""
    app.command()(convert)
    app.command()(ship)


def convert(
    context: typer.Context,
    run: options.Run,
    float32: options.Float32 = False,
    float16: options.Float16 = False,
    dynamic: options.Dynamic = False,
    int8: options.Int8 = False,
    io: options.InputType = _DEFAULTS.io,
    max_drop: options.MaxDrop = _DEFAULTS.max_drop,
    qat: options.Qat = None,
    name: options.Name = None,
    output: options.Output = None,
    threads: options.Threads = _DEFAULTS.threads,
    real_images: options.RealImages = None,
    fake_images: options.FakeImages = None,
    scaling: options.Scale = None,
    size: options.Size = None,
    wrap: options.Wrap = False,
    fuse: options.Fuse = None,
    scores: options.Scores = None,
    bridge: options.Bridge = None,
    split: options.SplitName = None,
    whole: options.Whole = None,
    tiles: options.Tiles = None,
    pool: options.Pooling = None,
    false_alarms: options.FalseAlarms = _BORDERS.false_alarms,
    missed: options.Missed = _BORDERS.missed,
    by_source: options.BySource = False,
) -> None:
    """Turn a training run, or a model of your own, into one .tflite file, if it passes every gate.

    With --real-images and --fake-images, MODEL is a classifier trained elsewhere: Keras, SavedModel, or
    .tflite with --wrap. What it takes for pixels and which answer is fake is found by these, and said.

    With --fuse or --scores, turn model files into one that looks at an image in two ways, or set the
    decision of one anew: P(fake), REAL, FAKE and UNSURE by validation images.

    Exit codes: 0 written, 1 a gate failed, 2 the run or an option cannot be used.
    """
    fusing = fuse is not None or scores is not None
    _refuse_given(context, (*_CONVERTING, *_OWN) if fusing else _FUSING, fusing=fusing)
    if fusing:
        views: dict[str, Any] = {"whole": whole, "tiles": tiles, "pool": pool, "split": split}
        views |= {"data": fuse, "scores": scores, "by_source": by_source, "bridge": _name_bridge(bridge)}
        _fuse(run, output, name, views, BorderConfig(false_alarms=false_alarms, missed=missed))
        return
    config = ConvertConfig(
        run=run, io=io, max_drop=max_drop, qat=qat, name=name, output=output, threads=threads
    )
    chosen = _choose_quantization(float32, float16, dynamic, int8)
    config = config if chosen is None else replace(config, quantization=chosen)
    if qat is not None and config.quantization is not Quantization.INT8:
        raise UsageError(f"--qat and --no-qat are of int8: leave them out, or --{config.quantization}")
    own = run.is_file() or (run / "saved_model.pb").is_file()
    if not own and not any((real_images, fake_images, scaling, size, wrap)):
        _convert(config)
        return
    real, fake = _name_pictures(run, real_images, fake_images)
    _check_own(config, chosen, wrap=wrap)
    _convert_own(OwnConfig(real=real, fake=fake, form=config, scaling=scaling, size=size))


def _name_bridge(given: tuple[str, Path, Path] | None) -> BridgeConfig | None:
    if given is None:
        return None
    second, run, second_run = given
    return BridgeConfig(second=second, run=run, second_run=second_run)


def _name_pictures(run: Path, real: Path | None, fake: Path | None) -> tuple[Path, Path]:
    """Return both folders of pictures, which a model from elsewhere needs."""
    if real is None or fake is None:
        raise UsageError(
            f"{run}: a model from elsewhere is read by pictures: add --real-images DIR --fake-images DIR"
        )
    return real, fake


def _check_own(config: ConvertConfig, chosen: Quantization | None, *, wrap: bool) -> None:
    """Raise `UsageError` where what was asked for does not go with a model from elsewhere."""
    run = config.run
    if wrap is not (run.suffix.lower() == ".tflite"):
        raise UsageError(f"{run}: " + ("--wrap is for a .tflite alone" if wrap else "a .tflite needs --wrap"))
    if config.qat is not None:
        raise UsageError(f"{run}: --qat trains on a run of `fakelens train`; leave it out for other models")
    if wrap and chosen is not None:
        raise UsageError(f"--wrap keeps the numbers of the file: leave out --{chosen}")


def _choose_quantization(*given: bool) -> Quantization | None:
    """Return the one that was asked for; None where the default is to be used."""
    chosen = [kind for kind, asked in zip(Quantization, given, strict=True) if asked]
    if len(chosen) > 1:
        raise UsageError(f"--{' and --'.join(chosen)} exclude each other: choose one")
    return chosen[0] if chosen else None


def _refuse_given(context: typer.Context, options: tuple[str, ...], *, fusing: bool) -> None:
    """Raise `UsageError` where one of `options` was given, for it would be ignored."""
    for option in options:
        source = context.get_parameter_source(option)
        if source is not None and source.name != "DEFAULT":
            reason = "is of no use with --fuse and --scores" if fusing else "needs --fuse or --scores"
            raise UsageError(f"--{option.replace('_', '-')} {reason}, see `fakelens convert --help`")


def _convert(config: ConvertConfig) -> None:
    """Convert a run, show its gates and say what was written."""
    require_extra("train", "tensorflow", "tf_keras", "tensorflow_model_optimization")
    from fakelens.convert.run import read_run

    run = read_run(config.run)  # what is wrong with it is said at once, not after seconds of imports
    if run.doubt:
        typer.echo(f"WARNING: {config.run}: {run.doubt}", err=True)
    from rich.console import Console

    from fakelens.edge_runtime.machine.quiet import silence_tensorflow

    silence_tensorflow()
    # A handle of its own: stderr itself is muted, TensorFlow's C++ part follows no log level.
    screen = Console(file=os.fdopen(os.dup(2), "w"))
    result = _convert_run(config, screen)
    if result.plan is not None and not result.plan.obstacle:
        from fakelens.convert.aware import train_aware

        typer.echo(
            f"plain int8 loses more than --max-drop {config.max_drop:g}: training the quantization-aware "
            f"stage{result.plan.duration}; after Ctrl-C the same command goes on, --no-qat leaves it out",
            err=True,
        )
        train_aware(result.plan, config.run)
        result = _convert_run(config, screen)
    _show_gates(screen, result.gates)
    typer.echo(f"{result.output}  {result.size_bytes:,} bytes, gzip {result.gzip_bytes:,}")


def _convert_run(config: ConvertConfig, screen: "Console") -> "ConvertResult":
    from fakelens.edge_runtime.machine.quiet import muted_stderr

    with screen.status(f"converting {config.run} to {config.quantization}"), muted_stderr():
        from fakelens.convert.pipeline import convert_run

        return convert_run(config)


def _convert_own(config: OwnConfig) -> None:
    """Convert a model from elsewhere, say how it was read, show its gates and what was written."""
    model = config.form.run
    if not model.exists():
        raise UsageError(f"{model}: no such model; give a Keras file, a SavedModel folder or a .tflite")
    require_extra("train", "scipy", *(() if config.wrapped else ("tensorflow", "h5py", "tf_keras")))
    from rich.console import Console

    from fakelens.convert.own.pipeline import convert_own
    from fakelens.edge_runtime.machine.quiet import silence_tensorflow

    silence_tensorflow()
    show_log()  # it counts what of the folders is left out
    screen = Console(file=os.fdopen(os.dup(2), "w"), soft_wrap=True, highlight=False)  # see `_convert`
    result = convert_own(config, lambda line: screen.print(line, markup=False))
    _show_gates(screen, result.gates)
    typer.echo(f"{result.output}  {result.size_bytes:,} bytes, gzip {result.gzip_bytes:,}")


def _fuse(
    run: Path, output: Path | None, name: str | None, settings: dict[str, Any], borders: BorderConfig
) -> None:
    """Fuse model files, show the gates and say what was written."""
    if output is None:
        raise UsageError("-o is missing: give the name of the .tflite file to write")
    config = FuseConfig(model=str(run), output=output, name=name, borders=borders, **settings)
    require_extra("train", "scipy")
    from rich.console import Console

    from fakelens.convert.fuse import fuse_files

    show_log()
    result = fuse_files(config)
    _show_gates(Console(stderr=True), result.gates)
    typer.echo(f"{result.output}  {result.size_bytes:,} bytes, gzip {result.gzip_bytes:,}")


def _show_gates(screen: "Console", gates: "tuple[GateResult, ...]") -> None:
    """Print the gates; `GateError` where one failed."""
    from fakelens.convert.report import render_gates

    screen.print(render_gates(gates))
    failed = [gate.name for gate in gates if not gate.passed]
    if failed:
        raise GateError(f"failed: {', '.join(failed)}; nothing was written")


def ship(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A release model's name or a model file.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="A new folder for the kits.")],
    web: Annotated[bool, typer.Option("--web", help="An installable web app.")] = False,
    android: Annotated[bool, typer.Option("--android", help="A Gradle module in Kotlin.")] = False,
    ios: Annotated[bool, typer.Option("--ios", help="A Swift package.")] = False,
) -> None:
    """Write kits for apps: a project for each platform with the model, its card and test vectors inside.

    Without a platform all three are written.

    Exit codes: 0 written, 1 the model failed an app gate, 2 the folder or the model cannot be used.
    """
    from rich.console import Console

    from fakelens.convert.report import render_gates
    from fakelens.convert.ship.layout import Platform
    from fakelens.convert.ship.pipeline import ShipConfig, ship_model

    platforms = tuple(kind for kind, given in zip(Platform, (web, android, ios), strict=True) if given)
    platforms = platforms or tuple(Platform)
    config = ShipConfig(model=model, output=to, platforms=platforms)
    screen = Console(stderr=True)
    with screen.status(f"shipping {model} for {', '.join(platforms)}"):
        result = ship_model(config)
    screen.print(render_gates(result.gates))
    failed = [f"{gate.name}: {gate.figure}" for gate in result.gates if not gate.passed]
    if failed:
        raise GateError(f"failed {'; '.join(failed)}; nothing was written")
    for kit in result.kits:
        typer.echo(kit)
    typer.echo("next: each kit's README.md says how to build it and run its tests", err=True)
