"""Tables between two marks of a page, written by the command that made them."""

from pathlib import Path

END = "<!-- end -->"


def write_into(page: Path, begin: str, table: str) -> None:
    """Replace what stands between the mark `begin` and the next end in `page` by `table`."""
    before, _, rest = page.read_text().partition(begin)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{begin}\n\n{table}\n{END}{after}")
