"""A real Chromium, for studies of pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fakelens.edge_runtime.errors import MissingExtraError
from fakelens.edge_runtime.extras import require_extra


@contextmanager
def open_chromium() -> Iterator[Any]:
    """Yield playwright's browser; `MissingExtraError` where there is none."""
    require_extra("dev", "playwright")
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise MissingExtraError("no Chromium here: apt-get install chromium")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
