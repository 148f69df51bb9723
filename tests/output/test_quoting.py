"""A text of anybody's becomes one string of the language that it is written into, and is read back as it was."""

from __future__ import annotations

from hypothesis import example, given, settings

from astro_peer.output.export.az.text import filled
from astro_peer.output.export.hcl import attributes, block
from astro_peer.output.export.hcl import quoted as hcl_quoted
from astro_peer.output.export.powershell.text import comment
from astro_peer.output.export.powershell.text import quoted as powershell_quoted
from exported import powershell_text, text_of
from hostile_texts import HOSTILE, TEXT


@given(text=TEXT)
def test_a_string_of_terraforms_is_read_back(text: str) -> None:
    for one in (text, *HOSTILE):
        assert text_of(hcl_quoted(one)) == one
        assert "\n" not in hcl_quoted(one)


@settings(max_examples=60, deadline=None)
@given(text=TEXT)
@example(text="".join(HOSTILE))
def test_a_text_of_powershells_is_read_back(text: str) -> None:
    written = powershell_quoted(text)
    assert written.isascii() and "\n" not in written
    assert powershell_text(written) == text


@given(text=TEXT)
def test_a_comment_of_powershells_is_one_line_in_ascii(text: str) -> None:
    for one in (text, *HOSTILE):
        assert comment(one).isascii() and comment(one).isprintable()


def test_a_text_that_is_legible_stays_so() -> None:
    assert powershell_quoted("it's `$x` \\u0041") == "'it''s `$x` \\u0041'"
    assert powershell_quoted("\\ä\u2019") == "([regex]::Unescape('\\\\\\u00e4\\u2019'))"
    assert hcl_quoted("ä it's $x ${x}") == '"ä it\'s $x \\u0024{x}"'


def test_what_is_filled_in_is_not_searched() -> None:
    assert filled("A is B", A="B", B="A") == "B is A"


def test_attributes_and_blocks_have_the_usual_form() -> None:
    inner = block("inner", [], attributes({"a": "1", "long": "2"}), [])
    assert block("outer", inner, ["x = 1"]) == [
        "outer {",
        "  inner {",
        "    a    = 1",
        "    long = 2",
        "  }",
        "",
        "  x = 1",
        "}",
    ]
