import json

from fakelens.benchmarks.peers.catalogue import PEERS
from fakelens.benchmarks.peers.measure import PeerResult, PeersConfig
from fakelens.benchmarks.peers.ratios import list_ratios
from fakelens.benchmarks.peers.report import format_ratios, format_results, results_to_json

MINE = PeerResult(
    model="m",
    peer=PEERS[0],
    folder_per_s=40.0,
    single_p50_ms=20.0,
    cold_start_s=0.2,
    rss_bytes=50_000_000,
    size_bytes=150_000_000,
    rounds_per_s=(38.0, 40.0, 42.0),
)
OTHER = PeerResult(
    model="m",
    peer=PEERS[4],
    folder_per_s=20.0,
    single_p50_ms=21.0,
    cold_start_s=2.0,
    rss_bytes=600_000_000,
    size_bytes=2_000_000_000,
    rounds_per_s=(20.0, 20.0, 20.0),
    difference=0.004,
)
LEFT_OUT = PeerResult(model="m", peer=PEERS[2], reason="needs the run of m: --run RUN")


def test_the_table_has_a_line_for_each_peer_and_says_why_one_is_missing() -> None:
    lines = format_results([MINE, OTHER, LEFT_OUT]).splitlines()[2:]
    assert lines[0] == "| **fakelens** | its file | 40.0 | 20.00 | 0.20 | 50 | 150 | - |"
    assert lines[1] == "| tf.lite.Interpreter | its file | 20.0 | 21.00 | 2.00 | 600 | 2000 | 0.0040 |"
    assert "not measured: needs the run of m: --run RUN" in lines[2]
    assert len({line.count("|") for line in lines}) == 1


def test_the_ratios_stand_beside_their_bounds() -> None:
    table = format_ratios(list_ratios([MINE, OTHER]))
    assert "| fakelens against | figure | ratio [of all rounds] | bound |  |" in table
    assert "| tf.lite.Interpreter | images/s of a folder | 2 [1.9, 2.1] | >= 1 | within |" in table
    assert "| tf.lite.Interpreter | cold start | 0.1 [0.1, 0.1] | <= 0.1 | within |" in table
    assert "| tf.lite.Interpreter | installed size | 0.075 [0.075, 0.075] | <= 0.125 | within |" in table


def test_the_json_holds_host_settings_results_and_ratios() -> None:
    fields = json.loads(results_to_json([MINE, OTHER, LEFT_OUT], PeersConfig(images=9)))
    assert fields["host"]["cores"] >= 1
    assert fields["settings"]["images"] == 9
    assert [row["peer"]["name"] for row in fields["results"]] == [
        r.peer.name for r in (MINE, OTHER, LEFT_OUT)
    ]
    assert [ratio["within"] for ratio in fields["ratios"]] == [True, True, True]
