"""Ending in order on Ctrl-C and SIGTERM, at any moment."""

import signal
from contextlib import AbstractContextManager

from fakelens.edge_runtime.live.controls import Controls
from fakelens.edge_runtime.signals import signals_kept_back


def stopped_by_signals(controls: Controls) -> AbstractContextManager[None]:
    """Let either signal end the loop that reads `controls`; see `signals_kept_back`."""
    return signals_kept_back((signal.SIGINT, signal.SIGTERM), controls.stop)
