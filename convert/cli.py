"""The commands of this package: `convert` and `ship`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from fakelens.convert.recipes import ConvertConfig, Io, Quantization
from fakelens.edge_runtime.errors import GateError, UsageError
from fakelens.edge_runtime.extras import require_extra

_DEFAULTS = ConvertConfig(run=Path())


def register(app: typer.Typer) -> None:
    """Mount this package's commands."""
    app.command()(convert)
    app.command()(ship)


def convert(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run directory made by `fakelens train`.")],
    float32: Annotated[bool, typer.Option("--float32", help="Nothing quantized.")] = False,
    float16: Annotated[bool, typer.Option("--float16", help="Weights in 16 bits.")] = False,
    dynamic: Annotated[bool, typer.Option("--dynamic", help="Weights in 8 bits.")] = False,
    int8: Annotated[bool, typer.Option("--int8", help="Everything in 8 bits; the default.")] = False,
    io: Annotated[
        Io, typer.Option(help="What the input takes: raw RGB as bytes or as float32.")
    ] = _DEFAULTS.io,
    max_drop: Annotated[
        float, typer.Option(help="Points of validation accuracy that may be lost.")
    ] = _DEFAULTS.max_drop,
    name: Annotated[str | None, typer.Option(help="The model's name; the run's without it.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="RUN/NAME-FORMAT.tflite without it.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the interpreter.")] = _DEFAULTS.threads,
) -> None:
    """Turn a training run into one .tflite file, written only if it passes every gate.

    Exit codes: 0 written, 1 a gate failed, 2 the run or an option cannot be used.
    """
    chosen = [
        kind for kind, given in zip(Quantization, (float32, float16, dynamic, int8), strict=True) if given
    ]
    if len(chosen) > 1:
        raise UsageError(f"--{' and --'.join(chosen)} exclude each other: choose one")
    config = ConvertConfig(
        run=run,
        quantization=chosen[0] if chosen else _DEFAULTS.quantization,
        io=io,
        max_drop=max_drop,
        name=name,
        output=output,
        threads=threads,
    )
    require_extra("train", "tensorflow", "tf_keras", "tensorflow_model_optimization")
    from fakelens.convert.run import read_run

    read_run(run)  # what is wrong with the run is said at once, not after seconds of imports
    from rich.console import Console

    from fakelens.edge_runtime.quiet import muted_stderr, silence_tensorflow

    silence_tensorflow()
    # A handle of its own: stderr itself is muted, TensorFlow's C++ part heeds no log level.
    screen = Console(file=os.fdopen(os.dup(2), "w"))
    with screen.status(f"converting {run} to {config.quantization}"), muted_stderr():
        from fakelens.convert.pipeline import convert_run

        result = convert_run(config)
    from fakelens.convert.report import render_gates

    screen.print(render_gates(result.gates))
    failed = [gate.name for gate in result.gates if not gate.passed]
    if failed:
        raise GateError(f"failed: {', '.join(failed)}; nothing was written")
    typer.echo(f"{result.output}  {result.size_bytes:,} bytes, gzip {result.gzip_bytes:,}")


def ship(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A release model's name or a model file.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="A new folder; gets one for each kit.")],
    web: Annotated[bool, typer.Option("--web", help="An installable web app.")] = False,
    android: Annotated[bool, typer.Option("--android", help="A Gradle module in Kotlin.")] = False,
    ios: Annotated[bool, typer.Option("--ios", help="A Swift package.")] = False,
) -> None:
    """Write kits for apps: a project for each platform with the model, its card and test vectors inside.

    Exit codes: 0 written, 1 the model failed an app gate, 2 the folder or the model cannot be used.
    """
    from rich.console import Console

    from fakelens.convert.report import render_gates
    from fakelens.convert.ship.layout import Platform
    from fakelens.convert.ship.pipeline import ShipConfig, ship_model

    platforms = tuple(kind for kind, given in zip(Platform, (web, android, ios), strict=True) if given)
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
