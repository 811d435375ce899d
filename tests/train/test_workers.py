"""Which processes train together: options and TF_CONFIG, and what of them is refused."""

import json

import pytest

from fakelens.edge_runtime.errors import UsageError
from fakelens.train.workers import Workers, find_workers

TWO = ("a:1", "b.example:65535")


def test_options_and_the_variable_name_the_same_team() -> None:
    found = find_workers(",".join(TWO), 1, {})
    assert found == Workers(addresses=TWO, index=1)
    assert find_workers(None, None, {"TF_CONFIG": found.to_variable()}) == found
    chief = {
        "cluster": {"chief": ["a:1"], "worker": ["b.example:65535"]},
        "task": {"type": "worker", "index": 0},
    }
    assert find_workers(None, None, {"TF_CONFIG": json.dumps(chief)}) == found


def test_one_worker_trains_by_itself() -> None:
    assert find_workers(None, None, {}) is None
    assert find_workers("a:1", 0, {}) is None
    assert find_workers(None, None, {"TF_CONFIG": "{}"}) is None


@pytest.mark.parametrize(
    ("workers", "index", "variable", "said"),
    [
        (None, 1, "", "--index goes with --workers"),
        ("a:1,b:2", None, "", "say which of them this is"),
        ("a:1,b:2", 2, "", "--index 2: --workers names 0 to 1"),
        ("a:1,b", 0, "", "'b': write HOST:PORT"),
        ("a:1,b:99999", 0, "", "'b:99999': write HOST:PORT"),
        ("a:1,a:1", 0, "", "an address of its own"),
        (None, None, "{", "TF_CONFIG: not what TensorFlow reads"),
        (None, None, '{"cluster": {"worker": ["a:1"]}, "task": {"type": "ps", "index": 0}}', "type ps"),
    ],
)
def test_what_is_no_team_is_refused(workers: str | None, index: int | None, variable: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        find_workers(workers, index, {"TF_CONFIG": variable} if variable else {})
