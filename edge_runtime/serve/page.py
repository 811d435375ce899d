"""The page of `serve`: where pictures are dropped, the cards, the model, and a bookmark for other pages."""

from functools import cache
from importlib.resources import files

from fakelens.edge_runtime.answers.pages.parts import escape, read_asset, wrap_page
from fakelens.edge_runtime.answers.pages.picture import DIALOG, PageModel, draw_model
from fakelens.edge_runtime.serve.limits import Limits

MANIFEST = {
    "name": "fakelens",
    "short_name": "fakelens",
    "description": "Tells fake pictures from real ones, on this machine.",
    "start_url": "/",
    "display": "standalone",
    "background_color": "#f7f6f3",
    "theme_color": "#f7f6f3",
    "icons": [{"src": "icon.svg", "sizes": "any", "type": "image/svg+xml"}],
    "share_target": {
        "action": "/",
        "method": "POST",
        "enctype": "multipart/form-data",
        "params": {"files": [{"name": "file", "accept": ["image/*", "video/*"]}]},
    },
}
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
    '<rect width="64" height="64" rx="14" fill="#1c1d20"/>'
    '<path d="M8 32a24 17 0 0 1 48 0" fill="none" stroke="#4db2ec" stroke-width="5"/>'
    '<path d="M8 32a24 17 0 0 0 48 0" fill="none" stroke="#f0b429" stroke-width="5"/>'
    '<circle cx="32" cy="32" r="8" fill="#f1f0ec"/></svg>'
)


@cache
def _read(name: str) -> str:
    return files("fakelens.edge_runtime.serve").joinpath(name).read_text(encoding="utf-8")


def draw_page(model: PageModel, limits: Limits, cards: str = "", problem: str = "") -> str:
    """Return the page with `cards` on it, and a `problem` in one line where there is one."""
    said = f'<p class="problem" role="alert">{escape(problem)}</p>\n' if problem else ""
    body = _read("page.html").format(most_mb=limits.max_mb, problem=said, cards=cards)
    return wrap_page(
        "fakelens",
        body + draw_model(model) + DIALOG,
        style=read_asset("check.css") + _read("serve.css"),
        promise="Checked on this machine, nothing is stored",
        script=read_asset("check.js") + _read("serve.js"),
    )
