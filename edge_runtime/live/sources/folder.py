"""A folder of images as a stream."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.evidence import Evidence
from fakelens.edge_runtime.preprocess import DecodeConfig, decode_image
from fakelens.edge_runtime.provenance.inspection import Inspection
from fakelens.edge_runtime.sources import walk_images


class FolderStream:
    """The images of a folder, one after the other."""

    interval_s = 3600.0  # an hour each on the source's clock: unrelated pictures, so nothing is smoothed

    def __init__(self, paths: Iterator[Path]) -> None:
        self._paths = paths
        self.current = ""  # the name of the picture that was read last
        self.evidence: tuple[Evidence, ...] = ()  # what its file says of itself

    def read(self) -> Image.Image | None:
        """Return the next image; one that cannot be decoded is logged and left out."""
        for path in self._paths:
            try:
                inspection = Inspection(path)
                image = decode_image(path, DecodeConfig(see=inspection.see)).image
            except ImageError as error:
                logging.getLogger(__name__).warning("%s", error)
            else:
                self.current, self.evidence = str(path), inspection.conclude()
                return image
        return None

    def close(self) -> None:
        """Nothing is kept open."""


@dataclass(frozen=True, kw_only=True)
class FolderSource:
    """Every image below a folder, sorted, each once."""

    folder: Path
    live: bool = False
    remote: bool = False

    @property
    def name(self) -> str:
        """The path."""
        return str(self.folder)

    def open(self) -> FolderStream:
        """List the images; `UsageError` where there are none."""
        paths = list(walk_images(self.folder))
        if not paths:
            raise UsageError(f"{self.folder}: no images in this folder")
        return FolderStream(iter(paths))
