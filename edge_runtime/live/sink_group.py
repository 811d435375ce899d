"""Telling every sink, and going on without one that fails."""

import logging
from collections.abc import Sequence
from contextlib import suppress

from PIL import Image

from fakelens.edge_runtime.errors import FakelensError
from fakelens.edge_runtime.live.status import LiveSink, LiveStatus
from fakelens.edge_runtime.redact import redact_url


class SinkGroup:
    """Hands a status to each sink; one whose disk or network fails is reported in a line and left out."""

    def __init__(self, sinks: Sequence[LiveSink]) -> None:
        self._sinks = list(sinks)

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:
        """Tell all; raises `BrokenPipeError` alone, where the reader of our output is gone."""
        for sink in tuple(self._sinks):
            try:
                sink.update(status, frame)
            except BrokenPipeError:
                raise
            except (FakelensError, OSError) as error:
                self._sinks.remove(sink)
                logging.getLogger(__name__).warning("%s", redact_url(_explain(sink, error)))
                with suppress(FakelensError, OSError):
                    sink.close()

    def close(self) -> None:
        """Close all, also after one could not be."""
        for sink in self._sinks:
            try:
                sink.close()
            except BrokenPipeError:
                continue
            except (FakelensError, OSError) as error:
                logging.getLogger(__name__).warning("%s", redact_url(_explain(sink, error)))
        self._sinks.clear()


def _explain(sink: LiveSink, error: Exception) -> str:
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{type(sink).__name__} is off: {where}{error.strerror or error}; watching goes on"
    return f"{error}; watching goes on"
