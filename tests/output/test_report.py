"""What others wrote is text in a report: whatever it says, it is shown, and it is never markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from astro_peer import secrets_in_use
from astro_peer.errors import AzureAnswer, NotPermitted
from astro_peer.model import plan
from astro_peer.model.access import Holding, Holdings
from astro_peer.model.account import Account
from astro_peer.model.objects import ServicePrincipal
from astro_peer.model.receipt import Receipt
from astro_peer.model.result import Applied, Result
from astro_peer.model.run import Run
from astro_peer.model.way_out import az, way_out
from astro_peer.output.report.composed import composed
from astro_peer.output.report.html import page
from astro_peer.output.report.markdown import markdown
from astro_peer.plain import one_line
from made_up import ASTRONOMER, FACTS, GRANT, ROLE, held, hub, observed
from sampling import examples

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a | b || c |",
    "`code` ``` ```sh\nrm -rf /\n```",
    "[link](https://evil.example) ![x](https://evil.example/x.png)",
    "<https://evil.example> https://evil.example www.evil.example mailto:x@evil.example",
    "# title\n\n## another\n- list\n1. list\n> quote\n---\n***",
    "*a* **b** __c__ ~~d~~ $x$ &lt;b&gt; &#60;i&#62;",
    "@security-team ping @everyone #123",
    "\\| \\` \\\\| ends with \\",
    '"><b a="\' style=x',
    "-->]]></style></pre><!--",
    "1. one",
    "    indented",
    "\u202egnp.exe\u200b",
    "| --- | --- |",
    "``",
)


def result(text: str) -> Result:
    """A grant that failed, with this text wherever somebody else's can stand."""
    principal = replace(ASTRONOMER, display_name=text, home_tenant_id=text, verified_publisher=text)
    assigned = replace(held(), description=text, created_by=text)
    role = replace(ROLE, role_name=text, description=text)
    found = observed(
        assigned, principal=principal, role=role, reach=(replace(hub(), name=text, location=text),)
    )
    made = plan.decide(replace(GRANT, description=text), found)
    holding = Holding(assigned, role, ours=True, through_group=False, writes=True)
    receipt = Receipt(NOON, "PUT", 403, text, text)
    error = NotPermitted(
        text,
        meaning=text,
        next_step=way_out(text, az("x", text), text),
        answer=AzureAnswer(text, text, 403, text),
    )
    return Result(
        command="grant",
        account=Account(text, text, text, text),
        place=GRANT.place,
        plan=made,
        carrying_out=True,
        applied=Applied(made={"principal": principal}, receipts={"role": (receipt,)}),
        holdings=Holdings((holding,)),
        error=error,
        run=Run("1", NOON, NOON, True, 5, text, text),
    )


class Tags(HTMLParser):
    """Everything but text, in order; and the texts."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[object] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, [one for one in attrs if one != ("class", "short")]))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(tag)

    def handle_comment(self, data: str) -> None:
        self.tags.append(f"comment {data}")

    def handle_pi(self, data: str) -> None:
        self.tags.append(f"instruction {data}")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def tokens(text: str) -> Iterator[Token]:
    for one in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        yield one
        yield from one.children or ()


def shape(text: str) -> list[str]:
    """Kinds of what is there, runs of text apart."""
    return [one.type for one in tokens(text) if one.type not in ("text", "text_special", "code_inline")]


def shown(text: str) -> str:
    """All the text that a reader of the Markdown sees."""
    return "".join(one.content for one in tokens(text) if not one.children and one.type != "inline")


HARMLESS = "harmless"
TAGS = Tags(page(composed(result(HARMLESS)))).tags
SHAPE = shape(markdown(composed(result(HARMLESS))))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_others_is_an_element_or_an_attribute(text: str) -> None:
    found = Tags(page(composed(result(text))))
    assert found.tags == TAGS
    assert one_line(text) in "\n".join(found.texts)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_others_is_markdown(text: str) -> None:
    spelled = markdown(composed(result(text)))
    assert shape(spelled) == SHAPE
    assert one_line(text).strip() in shown(spelled)
    code = {one.content for one in tokens(spelled) if one.type == "code_inline"}
    assert {one for one in code if not one.startswith("az x ")} <= {"@", "#"}


@examples(2000, sampled=60, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("ab1 \n\t`|\\*_[]()<>!#-+=~&;:./@$\"'{}\u202e"), min_size=1, max_size=40)
)
def test_nor_is_any_other_text(text: str) -> None:
    text = f"a{text}b"
    composed_of_it = composed(result(text))
    assert shape(markdown(composed_of_it)) == SHAPE
    assert one_line(text) in shown(markdown(composed_of_it))
    assert Tags(page(composed_of_it)).tags == TAGS


@pytest.mark.parametrize("text", HOSTILE)
def test_no_address_leads_anywhere_and_nobody_is_called(text: str) -> None:
    """Sites that show Markdown make links and calls of bare text, once it is unescaped: what they look for is apart."""
    outside = re.sub(
        r"(`+).*?\1", "", re.sub(r"(?ms)^ *(`{3,}).*?^ *\1$", "", markdown(composed(result(text))))
    )
    assert not re.search(r"(?i)https?://|www\.|mailto:", outside)
    assert not re.search(r"(?<![\w\\])@\w", outside)


def test_a_page_brings_everything_with_it_and_runs_nothing() -> None:
    html = page(composed(result(HARMLESS)))
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy and policy[1].startswith("default-src 'none'; style-src 'sha256-")
    tags = [one for one in TAGS if isinstance(one, tuple)]
    assert not {tag for tag, _ in tags} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "base",
        "form",
        "a",
        "svg",
    }
    assert not {name for _, attrs in tags for name, _ in attrs} & {"style", "src", "href", "onclick"}
    assert not re.search(r"url\(|@import", html) and html.count("<style>") == 1


def test_every_element_of_a_page_is_closed_where_it_was_opened() -> None:
    opened: list[str] = []
    for one in TAGS:
        if isinstance(one, tuple) and one[0] != "meta":
            opened.append(one[0])
        elif isinstance(one, str):
            assert opened.pop() == one
    assert not opened


def test_a_secret_that_came_back_is_in_no_report() -> None:
    secret = 'a<secret>&"that-a-server-sends-back'
    secrets_in_use.remember([secret])
    for spelled in (page, markdown):
        text = spelled(composed(result(f"x {secret} y")))
        assert "that-a-server-sends-back" not in text and "[secret]" in unescape(text).replace("\\", "")


def test_what_is_changed_shows_what_was_and_what_is() -> None:
    lacking = replace(ROLE, permissions=(replace(ROLE.permissions[0], actions=FACTS.actions[:-1]),))
    made = plan.decide(GRANT, observed(held(), role=lacking))
    words = markdown(composed(Result(command="grant", plan=made, place=GRANT.place)))
    assert f"Allows | – | {FACTS.actions[-1]} |" in words
    assert f"| Allows | {FACTS.actions[0]} | {FACTS.actions[0]} |" in words
    assert ServicePrincipal.kind in words
