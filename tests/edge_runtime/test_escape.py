"""Text from names stays text."""

import os
from urllib.parse import unquote_to_bytes

import pytest

from fakelens.edge_runtime.escape import escape_line, is_text, percent_encode, quote_cell, to_text


def test_plain_names_stay_as_they_are() -> None:
    for name in ("a b.png", "schön.jpg", "写真.heic", "it's.png"):
        assert escape_line(name) == name
        assert quote_cell(name) == name
        assert is_text(name)


@pytest.mark.parametrize("code", [*range(0x20), 0x7F, 0x9B, 0x2028, 0x202E, 0x2066])
def test_what_moves_the_cursor_or_the_eye_is_written_out(code: int) -> None:
    assert escape_line(f"a{chr(code)}b").isprintable()


def test_cells_are_quoted_where_they_must_be_and_numbers_are_not() -> None:
    assert quote_cell('a "b", c') == '"a ""b"", c"'
    assert quote_cell(-0.5) == "-0.5"
    assert quote_cell(None) == ""
    assert quote_cell("=x") == "'=x"


def test_bytes_that_are_no_text_come_back() -> None:
    name = os.fsdecode(b"\xff%41.png")
    assert not is_text(name)
    assert unquote_to_bytes(percent_encode(name)) == os.fsencode(name)
    assert is_text(to_text(name))
