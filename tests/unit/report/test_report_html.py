"""The page as text: whole in itself, and nothing of a user's becomes markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

from builders.records import STARTED, case_record, failed_record, run_info
from builders.report_contents import confusion, full, history, profile, silicon, stack, trace

from harness.report.content import ReportContent
from harness.report.html import render

NASTY = """</script><script>alert("x")</script><img src=x onerror='alert(2)'>&amp;{{ 7*7 }}"""


class Elements(HTMLParser):
    """Tags with attributes, the text of scripts, and all other text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.words: list[str] = []
        self._inside: dict[str, str | None] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self._inside = dict(attrs)
            self.scripts.append((self._inside, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside is None:
            self.words.append(data)
        else:
            attributes, text = self.scripts.pop()
            self.scripts.append((attributes, text + data))


@cache
def page() -> str:
    return render(full())


def nasty() -> ReportContent:
    one = replace(profile(), model=NASTY, kernel_set=NASTY)
    return ReportContent(
        runs=(run_info(host=NASTY, command_line=NASTY, git_commit=NASTY),),
        records=(
            case_record(model=NASTY, kernel_set=NASTY, compiler=NASTY, target_id=NASTY),
            silicon(model=NASTY, dataset=NASTY, incidents=NASTY),
            failed_record(model=NASTY, error_message=NASTY),
        ),
        made=STARTED,
        source=NASTY,
        stacks=(replace(stack(one), case=NASTY),),
        profiles=(one,),
        confusions=(replace(confusion(), case=NASTY),),
        history=tuple(replace(line, case=NASTY) for line in history()),
        traces=(replace(trace(), case=NASTY),),
    )


def test_the_page_needs_nothing_from_anywhere() -> None:
    found = Elements(page())
    for tag, attributes in found.tags:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            address = attributes.get(name) or ""
            assert not address or address.startswith(("#", "data:")), (tag, address)
    assert "@import" not in page().split("</style>")[0]
    assert "url(" not in page().split("</style>")[0]
    (policy,) = (a["content"] for t, a in found.tags if t == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none';")


def test_only_our_scripts_may_run() -> None:
    found = Elements(page())
    (policy,) = (a["content"] for t, a in found.tags if t == "meta" and "http-equiv" in a)
    allowed = set(re.findall(r"'sha256-([^']+)'", policy or ""))
    running = [text for attributes, text in found.scripts if "type" not in attributes]
    digests = {
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in running
    }
    assert len(running) == 2
    assert digests == allowed
    assert "unsafe" not in (policy or "").split("script-src")[1]


def test_without_plots_plotly_stays_out() -> None:
    record = failed_record()
    small = render(ReportContent(runs=(run_info(),), records=(record,), made=STARTED))
    assert len(small) < 100_000
    assert len(page()) > 4_000_000


def test_nothing_of_a_users_becomes_markup() -> None:
    clean, attacked = Elements(page()), Elements(render(nasty()))
    assert {tag for tag, _ in attacked.tags} <= {tag for tag, _ in clean.tags}
    assert not any(name.startswith("on") for _, found in attacked.tags for name in found)
    assert NASTY in "".join(attacked.words)
    running = [text for attributes, text in attacked.scripts if "type" not in attributes]
    assert len(running) == 2


def test_names_in_plots_are_text_for_plotly_too() -> None:
    drawn = [
        json.loads(text)
        for attributes, text in Elements(render(nasty())).scripts
        if attributes.get("type") == "application/json"
    ]
    assert len(drawn) >= 8

    def labels(node: object, name: str = "") -> list[str]:
        if isinstance(node, dict):
            return [text for key, part in node.items() for text in labels(part, key)]
        if isinstance(node, list):
            return [text for part in node for text in labels(part, name)]
        return [node] if isinstance(node, str) and name != "legendgroup" else []

    shown = [text for figure in drawn for text in labels(figure)]
    assert any("&lt;script" in text for text in shown)
    assert not any("<script" in text or "<img" in text for text in shown)


def test_each_part_says_what_its_numbers_are() -> None:
    for kind in ("silicon", "simulated"):
        assert f'<span class="fidelity {kind}">{kind}</span>' in page()


def test_the_title_is_shown() -> None:
    record = failed_record()
    content = ReportContent(runs=(run_info(),), records=(record,), made=STARTED)
    assert "<title>Night &amp; day</title>" in render(content, "Night & day")
