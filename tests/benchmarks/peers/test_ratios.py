from dataclasses import replace

from fakelens.benchmarks.peers.catalogue import PEERS, Role
from fakelens.benchmarks.peers.measure import PeerResult
from fakelens.benchmarks.peers.ratios import list_ratios


def results() -> list[PeerResult]:
    """fakelens ten times as good as each other peer, in every figure."""
    return [
        PeerResult(
            model="m",
            peer=peer,
            folder_per_s=100.0 if peer.role is Role.MINE else 10.0,
            single_p50_ms=1.0,
            cold_start_s=0.1 if peer.role is Role.MINE else 1.0,
            rss_bytes=1,
            size_bytes=10 if peer.role is Role.MINE else 100,
        )
        for peer in PEERS
    ]


def test_every_ratio_is_listed_once_for_each_peer_it_is_about() -> None:
    ratios = list_ratios(results())
    assert all(ratio.is_within for ratio in ratios)
    counts = {figure: sum(r.figure == figure for r in ratios) for figure in {r.figure for r in ratios}}
    # Throughput: all but fakelens. Start: three of TensorFlow and LiteRT by hand. Size: TensorFlow.
    assert counts == {"images/s of a folder": len(PEERS) - 1, "cold start": 4, "installed size": 3}
    script = next(ratio for ratio in ratios if ratio.bound == 5.0)
    assert script.peer == "Keras, file by file"


def test_a_ratio_just_beyond_its_bound_is_outside() -> None:
    mine, by_hand, *others = results()
    slower = replace(mine, folder_per_s=9.9, cold_start_s=1.51, size_bytes=13)
    assert by_hand.peer.role is Role.BY_HAND
    assert not any(ratio.is_within for ratio in list_ratios([slower, by_hand, *others]))


def test_what_was_not_measured_has_no_ratio() -> None:
    mine, *others = results()
    assert list_ratios([mine, *(replace(other, reason="no") for other in others)]) == []
    assert list_ratios([replace(mine, reason="no"), *others]) == []
