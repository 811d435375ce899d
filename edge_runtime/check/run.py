"""One run of `fakelens check`: which model answers, where the answers go."""

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fakelens.edge_runtime.answers.output_format import Format
from fakelens.edge_runtime.answers.sinks import Sink, open_sink
from fakelens.edge_runtime.check.batch import STDIN, BatchConfig, BatchResult, check_batch
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import TOO_REDUCED, Stance, describe_stance, warn_of_reduction
from fakelens.edge_runtime.files import is_file, refuse_within
from fakelens.edge_runtime.modelfile.library import DEFAULT_MODEL, find_model
from fakelens.edge_runtime.modelfile.threads import count_cores
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig

if TYPE_CHECKING:  # what draws pages is loaded where one is asked for
    from fakelens.edge_runtime.answers.page import PageSink

_PAGE_MAP = 144  # regions of a heat map on a page, at most; `--heatmap` draws finer ones


@dataclass(frozen=True, kw_only=True)
class CheckRequest:
    """What a user asks of `fakelens check`, beside the names of the files."""

    model: str | None = None
    output: Format = Format.TEXT
    html: Path | None = None
    heatmap: Path | None = None
    stable: bool = False
    pixels_only: bool = False
    stance: Stance | None = None
    threads: int | None = None  # None: one a core
    quiet: bool = False  # a line each and nothing else
    decode: DecodeConfig


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """What a run came to, and what to know of it."""

    result: BatchResult
    notes: tuple[str, ...] = ()


def is_single(names: list[str]) -> bool:
    """Whether `names` is one file, on which there is more to say than a line."""
    return len(names) == 1 and (names[0] == STDIN or is_file(names[0]))


class CheckRun:
    """A model that is loaded, ready to check files and to write the answers as they were asked for."""

    def __init__(self, request: CheckRequest) -> None:
        """Raises `ModelError`, and `UsageError` where the model has not what is asked for."""
        self._request = request
        self._detector = Detector(
            request.model, request.threads or 1, request.stance, pixels_only=request.pixels_only
        )

    @property
    def notes(self) -> list[str]:
        """What to know before the first answer."""
        stance = self._request.stance
        return [] if stance is None else [describe_stance(self._detector.contract, stance)]

    def check(self, names: list[str], *others: Sink) -> CheckReport:
        """Check the files that `names` stand for; `others` are given each result too."""
        request = self._request
        sinks = [self._open_output(names), *others]
        config = BatchConfig(
            workers=request.threads or count_cores(),
            stable=request.stable,
            grid=request.heatmap is not None,
            keep_images=request.html is not None,
            decode=request.decode,
        )
        with ExitStack() as stack:
            if request.heatmap is not None:
                for name in names:
                    refuse_within(request.heatmap, Path(name), "--heatmap")
                from fakelens.edge_runtime.answers.heatmap import HeatmapSink

                sinks.append(HeatmapSink(self._detector, request.heatmap))
            if request.html is not None:
                page = self._open_page()
                sinks.append(page)
                stack.callback(page.save, request.html)  # what was checked before an interruption is kept
            result = check_batch(self._detector, names, *sinks, config=config)
        return CheckReport(result=result, notes=self._warn(result))

    def _open_output(self, names: list[str]) -> Sink:
        request = self._request
        if request.output is Format.TEXT and is_single(names) and not request.quiet:
            from fakelens.edge_runtime.answers.text_answer import AnswerSink

            contract, decision = self._detector.contract, self._detector.decision
            return AnswerSink(sys.stdout, contract, decision, request.model or DEFAULT_MODEL)
        return open_sink(request.output, sys.stdout)

    def _open_page(self) -> "PageSink":
        from fakelens.edge_runtime.answers.page import PageSink
        from fakelens.edge_runtime.answers.pages.picture import PageModel
        from fakelens.edge_runtime.files import digest_file

        path = find_model(self._request.model)
        model = PageModel(
            contract=self._detector.contract,
            decision=self._detector.decision,
            sha256=digest_file(path),
        )
        return PageSink(model, partial(self._detector.map_regions, most=_PAGE_MAP))

    def _warn(self, result: BatchResult) -> tuple[str, ...]:
        if result.most_reduced <= TOO_REDUCED:
            return ()
        return (warn_of_reduction(self._detector.contract, result.most_reduced),)
