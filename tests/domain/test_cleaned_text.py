"""What never survives, and ordinary text that does to the letter."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.cleaned_text import clean_text


@pytest.mark.parametrize(
    "text",
    [
        "conversion = 3%", "a < b", "if a<b and c>d then stop", "C++ and C#", "node.js 20", "3.5", "vector<int>",
        "Map<String, Integer>", "R&D at AT&T", "main.py and README.md", "f[i](x) and arr[0](1)", "Ratio 3:1",
        "JavaScript: the good parts", "ASP.NET and Socket.IO", "e.g. this, i.e. that", "version 1.2.3", "x &copy=1",
        "10.0.0.1:8080", "[1] is a note", "می‌خواهم", "今天天气很好。", "👍🏽 fine", "50 % of $3", "C:\\dir", "“quoted”",
    ],
)  # fmt: skip
def test_ordinary_text_stays_to_the_letter(text: str) -> None:
    assert clean_text(text) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("See https://evil.com/x?y=1. Then go", "See. Then go"),
        ("[click](javascript:alert(1)) now", "click now"),
        ("![x](http://a.b/c.png) pic", "pic"),
        ("<script>alert(1)</script>hi", "hi"),
        ("<b>bold</b> and <a href='x'>link</a>", "bold and link"),
        ("<img src=x onerror=alert(1)", ""),
        ("<scr<b>ipt>alert(1)</scr</b>ipt>", ""),
        ("&lt;b&gt;bold&lt;/b&gt; &amp; co", "bold & co"),
        ("&amp;lt;script&amp;gt;x&amp;lt;/script&amp;gt;", ""),
        ("go to evil.com now", "go to now"),
        ("evil.example/x and //evil.com/y", "and"),
        ("(https://x.io)", ""),
        ("<https://x.com>", ""),
        ("www.foo.bar says", "says"),
        ("mail me@x.com.", "mail."),
        ("ht\u200btps://x.com", ""),
        ("a\u202eb\u200bc\x07", "abc"),
        ("one\n\ttwo\u2028three", "one two three"),
        ("data:text/html;base64,xx", ""),
        ("[[page|Name]] here", "Name here"),
        ("[words][ref]", "words"),
        ("мой сайт пример.рф", "мой сайт"),
    ],
)
def test_what_can_be_clicked_loaded_or_run_does_not(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


def test_a_site_that_is_spoken_stays_as_words() -> None:
    assert clean_text("go to example.com now", is_spoken="example.com".__eq__) == "go to example.com now"
    assert clean_text("go to example.com/x now", is_spoken="example.com".__eq__) == "go to now"


_PIECES = st.lists(
    st.sampled_from(
        ["<", ">", "[", "](", ")", "![", "http://", "a.com", "&lt;", "&amp;", "b", "script", " ", "\u200b"]
    ),
    max_size=14,
)


@given(_PIECES.map("".join))
def test_cleaning_again_changes_nothing_and_no_address_survives(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert not re.search(r"://\w|<script *>|a\.com\b", cleaned)
