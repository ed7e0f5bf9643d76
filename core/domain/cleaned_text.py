"""What a model wrote, as plain text: nothing in it can be clicked, loaded, run, or turn the reading direction.

Ordinary text stays to the letter ("conversion = 3%", "a < b", "vector<int>", "C++", "node.js 20"), since a reader
misses what a cleaner eats.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable

from core.domain.languages import word_set

# Links are taken out of what taking out links leaves, so many times at most; then the brackets go too.
_MOST_ROUNDS = 6


def clean_text(text: str, *, is_spoken: Callable[[str], bool] | None = None) -> str:
    """`text` in single spaces, without addresses, e-mail addresses, images, markup and invisible characters.

    A link leaves its words. A bare domain stays only where `is_spoken` says so of it: the video itself says it.
    """
    cleaned = _visible(text)
    for _round in range(_MOST_ROUNDS):
        before = cleaned
        cleaned = _ENTITY.sub(_character, cleaned)
        cleaned = _without_links(_without_markup(_visible(cleaned)), is_spoken)
        if cleaned == before:
            break
    else:
        cleaned = re.sub(r"[<>\[\]&]", " ", cleaned)
    return " ".join(cleaned.split())


# Joiners that Arabic and Indic scripts spell words with; anywhere else they only hide.
_SPELLING = re.compile(r"(?<=[\u0600-\u06ff\u0750-\u077f\u0900-\u0dff])[\u200c\u200d](?=[\u0600-\u06ff\u0900-\u0dff])")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_ELEMENTS = (
    "a|abbr|address|applet|article|aside|audio|b|base|bdi|bdo|big|blockquote|body|br|button|canvas|center|cite|code|col"
    "|dd|del|details|dialog|div|dl|dt|em|embed|fieldset|figcaption|figure|font|footer|form|frame|frameset|h[1-6]|head"
    "|header|hr|html|i|iframe|image|img|input|ins|kbd|label|legend|li|link|main|map|mark|marquee|math|menu|meta|nav"
    "|noscript|object|ol|option|p|param|picture|pre|q|s|samp|script|section|select|small|source|span|strike|strong"
    "|style|sub|summary|sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|title|tr|track|tt|u|ul|var|video|wbr"
)
_DROPPED_WHOLE = re.compile(r"<(script|style|iframe|svg|template)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(?:-->|$)|<!\[CDATA\[|<!doctype[^<>]*>|<\?[a-z][^<>]*>", re.IGNORECASE | re.DOTALL)
# A known element, or anything in angle brackets that carries an attribute; "a<b and c>d" is neither.
_TAG = re.compile(
    rf"</?(?:{_ELEMENTS})\s*/?>|</?(?=[a-z]{{3}})(?:{_ELEMENTS})[\s/][^<>]*>|</?[a-z][\w:-]*[\s/][^<>]*=[^<>]*>"
    rf"|<[a-z][\w:-]*[\s/]+on\w+\s*=[^<>]*$|<(?:{_ELEMENTS})[\s/][^<>]*=[^<>]*$",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"!\[[^\[\]]*\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\[\]]*\])")
_LINK = re.compile(r"(?<![\w\]])\[([^\[\]]*)\]\(\s*<?[^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+[\"'(][^()]*[\"')])?\s*\)")
_WIKI_LINK = re.compile(r"!?(?<!\w)\[\[(?:[^\[\]|]*\|)?([^\[\]|]+)\]\]")
_REFERENCE = re.compile(r"(?<!\w)\[([^\[\]]+)\]\[[^\[\]]*\]")

_URL_REST = r"[^\s<>\"“”«»]*[^\s<>\"“”«».,;:!?)\]}'’]"
_ANY_SCHEME = rf"[a-z][a-z0-9+.\-]*:/{{2,}}{_URL_REST}"
_OPAQUE = (
    rf"(?:javascript|vbscript|data|mailto|tel|sms|file|blob|about|magnet|callto|facetime|intent|skype):{_URL_REST}"
)
_MAIL = r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+"
_WWW = rf"www\d?\.{_URL_REST}"
_ADDRESS = re.compile(rf"[(<\[]?\s*(?:\b(?:{_ANY_SCHEME}|{_OPAQUE}|{_MAIL}|{_WWW}))\s*[)>\]]?", re.IGNORECASE)
_HOST = re.compile(
    r"(?<![\w@./\-])/{0,2}((?:[^\W_](?:[\w\-]*[^\W_])?\.)+([^\W\d_]{2,24}))(?![\w\-]|\.\w)(?::\d+)?"
    rf"((?:[/?#]{_URL_REST})?)/?",
    re.IGNORECASE,
)
# A name with one of these at its end is an address; with others (node.js, main.py, README.md) it is mostly a thing.
_TOP_LEVELS = word_set(
    "com org net edu gov mil int info biz name pro io ai app dev co tv gg xyz site online store shop blog tech cloud"
    " club live news top icu click link page web wiki media agency zip mov ru uk de fr es pt nl pl se no fi dk ch eu us"
    " ca au nz jp cn kr br mx ar cl tr ua cz sk hu ro bg gr ie il ir sa ae za ng ke tk ly fm example test invalid"
    " localhost onion рф укр бел 中国 公司"
)
_NO_SITES = word_set("asp.net vb.net ado.net ml.net f#.net socket.io draw.io")
# These end a sentence as often as a domain where a space was forgotten: "Did they? no.No".
_ALSO_WORDS = word_set("no us es de co se top live news link page name pro click media")


def _visible(text: str) -> str:
    """Without control, direction and zero-width characters; line ends become spaces."""
    if text.isascii() and text.isprintable():
        return text
    kept = {match.start() for match in _SPELLING.finditer(text)}
    return "".join(_shown(char, is_spelling=at in kept) for at, char in enumerate(text))


def _shown(char: str, *, is_spelling: bool) -> str:
    category = unicodedata.category(char)
    if char in "\t\n\r\v\f\x85" or category in {"Zl", "Zp"}:
        return " "
    return "" if category in _HIDDEN and not is_spelling else char


def _character(match: re.Match[str]) -> str:
    return html.unescape(match[0])


def _without_markup(text: str) -> str:
    for pattern in (_DROPPED_WHOLE, _COMMENT, _TAG, _IMAGE):
        text = pattern.sub(" ", text) if pattern is not _TAG else pattern.sub("", text)
    for pattern in (_LINK, _WIKI_LINK, _REFERENCE):
        text = pattern.sub(r"\1", text)
    return text


def _without_links(text: str, is_spoken: Callable[[str], bool] | None) -> str:
    def host(match: re.Match[str]) -> str:
        site, top_level, path = match[1], match[2], match[3]
        if not _is_site(site, top_level, has_path=bool(path)):
            return match[0]
        return site if is_spoken is not None and not path and is_spoken(site) else ""

    without = _HOST.sub(host, _ADDRESS.sub("", text))
    return text if without == text else _TORN.sub(r"\1", without)


_TORN = re.compile(r"\s+([.,;:!?])(?=\s|$)")


def _is_site(site: str, top_level: str, *, has_path: bool) -> bool:
    lowered = top_level.lower()
    if lowered not in _TOP_LEVELS or site.lower() in _NO_SITES:
        return False
    return has_path or lowered not in _ALSO_WORDS or site == site.lower()
