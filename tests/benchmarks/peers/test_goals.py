from dataclasses import replace

from fakelens.benchmarks.peers.catalogue import PEERS, Role
from fakelens.benchmarks.peers.goals import judge_goals
from fakelens.benchmarks.peers.measure import PeerResult


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


def test_every_goal_is_told_once_for_each_peer_it_is_about() -> None:
    goals = judge_goals(results())
    assert all(goal.is_reached for goal in goals)
    counts = {figure: sum(goal.figure == figure for goal in goals) for figure in {g.figure for g in goals}}
    # Throughput: all but fakelens and the floor. Start: three of TensorFlow and the floor. Size: TensorFlow.
    assert counts == {"images/s of a folder": len(PEERS) - 2, "cold start": 4, "installed size": 3}
    student = next(goal for goal in goals if goal.bound == 5.0)
    assert student.peer == "Keras, file by file"


def test_a_goal_just_missed_is_missed() -> None:
    mine, floor, *others = results()
    slower = replace(mine, folder_per_s=11.9, cold_start_s=1.51, size_bytes=13)
    assert floor.peer.role is Role.FLOOR
    assert not any(goal.is_reached for goal in judge_goals([slower, floor, *others]))


def test_what_was_not_measured_is_no_goal() -> None:
    mine, *others = results()
    assert judge_goals([mine, *(replace(other, reason="no") for other in others)]) == []
    assert judge_goals([replace(mine, reason="no"), *others]) == []
