"""The peers as tables for the README, and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fakelens.benchmarks.peers.catalogue import Role, Weights
from fakelens.benchmarks.peers.measure import PeerResult, PeersConfig
from fakelens.benchmarks.peers.ratios import Ratio, list_ratios
from fakelens.benchmarks.tables import format_table
from fakelens.benchmarks.timing.host import describe_host

_MB = 1e6  # bytes
_HAND_MADE = "its tiles are cut by a few lines of Pillow or numpy, at places that it is given"


def format_results(results: Sequence[PeerResult]) -> str:
    """Return a Markdown table, a line for each peer; what could not be measured says why."""
    header = (
        *("peer", "model as", "folder, images/s", "one call, p50 ms", "cold start, s"),
        *("peak RSS, MB", "installed, MB", "P(fake) differs by"),
    )
    return format_table(header, [_to_cells(result) for result in results])


def format_ratios(ratios: Sequence[Ratio]) -> str:
    """Return a Markdown table of the ratios, fakelens over the peer."""
    return format_table(
        ("fakelens against", "figure", "ratio [of all rounds]", "bound", ""),
        [
            (
                ratio.peer,
                ratio.figure,
                f"{ratio.value:.3g} [{ratio.low:.3g}, {ratio.high:.3g}]",
                f"{'>=' if ratio.at_least else '<='} {ratio.bound:.3g}",
                "within" if ratio.is_within else "**outside**",
            )
            for ratio in ratios
        ],
    )


def format_run(config: PeersConfig, images: str) -> str:
    """Return a line on how the tables came about."""
    host = describe_host()
    cores = "1 core" if config.threads == 1 else f"{config.threads} cores"
    return (
        f"{images}, {cores} and as many threads for each, {config.rounds} rounds in turns, {config.starts} "
        f"starts; {host.identity}, Python {host.python}. Of every peer but fakelens and of tile models: "
        f"{_HAND_MADE}."
    )


def results_to_json(results: Sequence[PeerResult], config: PeersConfig) -> str:
    """Return everything as one JSON object."""
    models = list(dict.fromkeys(result.model for result in results))
    ratios = [ratio for model in models for ratio in list_ratios([r for r in results if r.model == model])]
    settings: dict[str, Any] = {
        "images": config.images,
        "data": str(config.data) if config.data else "made",
        "threads": config.threads,
        "rounds": config.rounds,
        "starts": config.starts,
        "calls": config.calls,
    }
    fields = {
        "host": asdict(describe_host()),
        "settings": settings,
        "results": [asdict(result) for result in results],
        "ratios": [asdict(ratio) | {"within": ratio.is_within} for ratio in ratios],
    }
    return json.dumps(fields, indent=1)


def _to_cells(result: PeerResult) -> tuple[str, ...]:
    peer = result.peer
    if result.reason:
        return (peer.name, str(peer.weights), f"not measured: {result.reason.replace('|', '/')}", *["-"] * 5)
    same = peer.role is Role.MINE
    return (
        f"**{peer.name}**" if same else peer.name,
        "its file" if peer.weights is Weights.FILE else str(peer.weights),
        f"{result.folder_per_s:.1f}",
        f"{result.single_p50_ms:.2f}",
        f"{result.cold_start_s:.2f}",
        f"{result.rss_bytes / _MB:.0f}",
        f"{result.size_bytes / _MB:.0f}",
        "-" if same else f"{result.difference:.4f}",
    )
