"""React to a live verdict in your own code: python examples/own_sink.py SOURCE, as `fakelens watch --source`.

A sink is any object with `update` and `close`. The names of `fakelens.edge_runtime.live` may change between
releases; those of `fakelens.edge_runtime` itself are kept.
"""

import sys

from PIL import Image

from fakelens.edge_runtime import Detector, Label
from fakelens.edge_runtime.live.loop import LiveLoop
from fakelens.edge_runtime.live.sources.factory import make_source
from fakelens.edge_runtime.live.status import LiveStatus
from fakelens.edge_runtime.live.supervisor import SupervisedSource


class Alarm:
    """Prints a line each time that the verdict turns to FAKE; switch a lamp on here."""

    last: Label | None = None

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:
        """Called for every frame, and once a second without one; must be quick."""
        if status.label is Label.FAKE and self.last is not Label.FAKE:
            print(f"FAKE at frame {status.frames}, P(fake) {status.p_fake:.2f}", flush=True)
        self.last = status.label

    def close(self) -> None:
        """Called once, at the end."""
        print("end", flush=True)


LiveLoop(SupervisedSource(make_source(sys.argv[1])), Detector(), [Alarm()]).run()
