"""Pages from templates, in the look that every page shares."""

from importlib.resources import files

from fakelens.edge_runtime.answers.pages.parts import read_asset
from fakelens.edge_runtime.extras import require_extra


def render_template(package: str, name: str, /, **values: object) -> str:
    """Return the page of the template `name` in `package`; `{{ style }}` is the shared stylesheet.

    `MissingExtraError` without Jinja.
    """
    require_extra("bench", "jinja2")
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files(package).joinpath(name).read_text(encoding="utf-8"))
    return template.render(style=read_asset("style.css"), **values)
