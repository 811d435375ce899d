"""fakelens beside its peers, from a checkout on Linux: `python -m fakelens.benchmarks.peers --run RUN`.

Each peer gets an environment of its own from PyPI at first use (about 5 GB together, kept in fakelens'
cache folder). Prints Markdown; `--json FILE` keeps everything.
"""

import logging
from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.peers.catalogue import PEERS, Role
from fakelens.benchmarks.peers.measure import PeersConfig, measure_peers
from fakelens.benchmarks.peers.ratios import list_ratios
from fakelens.benchmarks.peers.report import format_ratios, format_results, format_run, results_to_json
from fakelens.edge_runtime.errors import GateError, UsageError
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.modelfile.threads import count_cores

_MODELS = ("photo", "cifake-300k")


def peers(
    models: Annotated[
        list[str] | None, typer.Argument(help="Model files or release models; photo and cifake-300k.")
    ] = None,
    run: Annotated[
        list[Path] | None,
        typer.Option(
            help="Run that a model was converted from, for peers that need float weights; repeatable."
        ),
    ] = None,
    images: Annotated[int, typer.Option(min=1, help="How many, made for the purpose.")] = 1000,
    data: Annotated[Path | None, typer.Option(help="A folder of images instead of made ones.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads and cores for each peer; all by default.")
    ] = None,
    only: Annotated[
        str, typer.Option(metavar="TEXT", help="Only peers whose name holds it, and fakelens.")
    ] = "",
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write everything here.")] = None,
) -> None:
    """Print a table of all peers and one of ratios for each model; exit 1 where one is out of bounds."""
    logging.basicConfig(format="%(message)s")
    logging.getLogger("fakelens").setLevel(logging.INFO)
    cores = count_cores()
    if threads is not None and threads > cores:
        raise UsageError(f"--threads is {threads}, this machine lets us use {cores} cores")
    chosen = [peer for peer in PEERS if only.lower() in peer.name.lower() or peer.role is Role.MINE]
    config = PeersConfig(
        images=images,
        data=data,
        runs=tuple(run or ()),
        threads=threads or cores,
        peers=tuple(chosen),
    )
    results = [result for model in models or _MODELS for result in measure_peers(model, config)]
    if json is not None:
        write_atomic(json, results_to_json(results, config))
    outside = 0
    for name in dict.fromkeys(result.model for result in results):
        of_model = [result for result in results if result.model == name]
        ratios = list_ratios(of_model)
        outside += sum(not ratio.is_within for ratio in ratios)
        typer.echo(f"`{name}`, {format_run(config, f'{images:,} images')}\n\n{format_results(of_model)}\n")
        typer.echo(f"{format_ratios(ratios)}\n")
    if outside:
        raise GateError(f"{outside} ratios are out of bounds")


if __name__ == "__main__":
    run_command(peers)
