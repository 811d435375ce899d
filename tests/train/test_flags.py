from typing import Any

import pytest

from fakelens.edge_runtime.errors import UsageError
from fakelens.train.flags import gather_flags

UNSET = (
    *("output", "start", "recipe", "network", "size", "resize", "epochs", "batch_size", "alpha", "weights"),
    *("teacher", "prune", "qat", "seed", "name", "setting", "parent", "require_auc"),
)
NOTHING: dict[str, Any] = dict.fromkeys(UNSET) | {"data": "data", "tiles": False, "resume": False}


def test_only_what_is_given_is_set() -> None:
    assert gather_flags(NOTHING) == {}
    given = gather_flags(
        {**NOTHING, "qat": False, "epochs": 3, "setting": ["fit.ema=0", "name=a"], "name": "b"}
    )
    assert given == {"qat.enabled": False, "fit.epochs": 3, "fit.ema": 0, "name": "a"}
    assert gather_flags({**NOTHING, "resize": 48}) == {"data.fit": "resize", "data.size": 48}
    assert gather_flags({**NOTHING, "tiles": True, "size": 96}) == {"data.fit": "tiles", "data.size": 96}
    assert gather_flags({**NOTHING, "teacher": ["a", "b"]}) == {"distill.teachers": ("a", "b")}


def test_own_settings_go_before_those_of_a_start() -> None:
    given = gather_flags({**NOTHING, "start": "imagenet", "epochs": 2, "setting": ["network.cut=11"]})
    assert (given["network.name"], given["network.cut"], given["fit.epochs"]) == ("lite0", 11, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": "photo", "recipe": "photo"}, "--start photo sets network and scaling: leave out --recipe"),
        ({"start": "photo", "parent": "run", "data": None}, "--from takes data and settings"),
    ],
)
def test_contradictions_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        gather_flags(NOTHING | options)
