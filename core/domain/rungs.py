"""The rungs of the transcript ladder that fetch for themselves: what each is called, needs, and waits for."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.ladder import CaptionFailure
from core.errors import AppError

# A way round costs money for each gigabyte, so it is taken only where YouTube turned our own address away. A rung that
# rests does so because it was turned away before.
_BLOCKS = frozenset({
    CaptionFailure.IP_BLOCKED, CaptionFailure.REQUEST_BLOCKED, CaptionFailure.CONSENT_FAILED, CaptionFailure.RESTING,
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """`title` is read by people; `needs` tells an operator what to set, "" where nothing is needed.

    Where `only_after` is not empty, the rung is climbed only once an earlier one of the same climb failed in such a
    way. Rungs of one `road` reach YouTube alike: where one found no way through (`NO_WAY_THROUGH`), none will.
    """

    name: str
    title: str
    needs: str = ""
    only_after: frozenset[CaptionFailure] = frozenset()
    road: str = "direct"


NO_WAY_THROUGH = frozenset({
    CaptionFailure.UNREACHABLE, CaptionFailure.TIMED_OUT, CaptionFailure.SECURE_CONNECTION_FAILED,
    CaptionFailure.PROXY_FAILED,
})  # fmt: skip
_PROXY = "OXYLABS_USERNAME and OXYLABS_PASSWORD, or SIGHTLINE_PROXY_URL"
_YT_DLP = "the extra yt (yt-dlp)"

# In the order in which they are climbed unless SIGHTLINE_CAPTION_ORDER says otherwise.
RUNGS: tuple[Rung, ...] = (
    Rung(name="youtube", title="Captions from YouTube"),
    Rung(name="yt_dlp", title="Subtitles by yt-dlp", needs=_YT_DLP),
    Rung(
        name="youtube_proxy",
        title="Captions from YouTube by way of a proxy",
        needs=_PROXY,
        only_after=_BLOCKS,
        road="proxy",
    ),
    Rung(
        name="yt_dlp_proxy",
        title="Subtitles by yt-dlp by way of a proxy",
        needs=f"{_YT_DLP}, and {_PROXY}",
        # What YouTube keeps from one client at one address it may give to another client at another.
        only_after=_BLOCKS | {CaptionFailure.PO_TOKEN_REQUIRED},
        road="proxy",
    ),
    Rung(
        name="gumloop",
        title="Captions by way of Gumloop",
        needs="GUMLOOP_API_KEY, GUMLOOP_USER_ID and GUMLOOP_FLOW_ID",
        road="gumloop",
    ),
    Rung(
        name="speech",
        title="Speech to text",
        needs="OPENAI_API_KEY or WHISPER_MODEL, FFmpeg, and the extra yt (yt-dlp)",
    ),
)
_BY_NAME = {rung.name: rung for rung in RUNGS}


class BadCaptionOrder(AppError):
    """SIGHTLINE_CAPTION_ORDER names a rung that does not exist, or one twice."""

    code = "configuration"
    status = 500


def find_rung(name: str) -> Rung | None:
    return _BY_NAME.get(name)


def rungs_in_order(order: str) -> tuple[Rung, ...]:
    """The rungs that a comma-separated list of names asks for; those left out are not climbed.

    Raises BadCaptionOrder.
    """
    names = [name for part in order.split(",") if (name := part.strip())]
    for place, name in enumerate(names):
        if name not in _BY_NAME:
            known = ", ".join(_BY_NAME)
            raise BadCaptionOrder(f"SIGHTLINE_CAPTION_ORDER: there is no “{name}”. Choose from {known}.")
        if name in names[:place]:
            raise BadCaptionOrder(f"SIGHTLINE_CAPTION_ORDER names “{name}” twice. Name each once.")
    return tuple(_BY_NAME[name] for name in names)
