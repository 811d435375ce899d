"""Statuses of a live checker, as its sinks are given them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.live.status import CameraState, LiveStatus
from fakelens.edge_runtime.pictures.tiles import Region

MakeStatus = Callable[..., LiveStatus]


@pytest.fixture
def make_status() -> MakeStatus:
    """Make a status of a running camera of 16 x 8 px that shows a fake; arguments change its fields."""

    def make(**changes: Any) -> LiveStatus:
        status = LiveStatus(
            time=datetime.now(UTC),
            state=CameraState.RUNNING,
            label=Label.FAKE,
            p_fake=0.9,
            frame_p_fake=0.95,
            regions=(
                Region(left=0, top=0, size=8, p_fake=0.9),
                Region(left=8, top=0, size=8, p_fake=0.1),
            ),
            frames=120,
            dropped=3,
            reconnects=1,
            fps=12.34567,
            inference_ms=1.5,
            width=16,
            height=8,
            source="0",
            model="brightness",
        )
        return replace(status, **changes)

    return make
