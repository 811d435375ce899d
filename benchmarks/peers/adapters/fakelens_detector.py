"""fakelens itself: `Detector.check_files`; where its tiles lie and how images are fitted, the file knows."""

from pathlib import Path
from typing import Any


def load(job: dict[str, Any]) -> tuple[Any, Any]:
    """Return what judges one image, and what judges all."""
    from fakelens.edge_runtime.detection.detector import Detector

    detector = Detector(job["model"], threads=job["threads"], pixels_only=True)

    def tell(verdict: Any) -> list[float]:
        if verdict.views:  # the graph's own answer, as the others give it
            return [verdict.views[0].p_fake]
        return [region.p_fake for region in verdict.regions] or [verdict.p_fake]

    def judge_all(paths: list[str]) -> list[list[float]]:
        results = detector.check_files([Path(path) for path in paths], job["threads"], keep_images=False)
        return [tell(result.verdict) for result in results]

    return lambda path: tell(detector.check(path)), judge_all
