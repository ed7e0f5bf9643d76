"""The table of recorded and made-up YouTube videos: what each address answers, and which failure it must lead to.

The recordings stand in tests/data/youtube (SOURCES.md there). A video's id names its scenario; the id asked for is
put in place of the recorded one, so that the captions are asked for under the same id.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from core.domain.ladder import CaptionFailure

DATA = Path(__file__).parents[1] / "data" / "youtube"
HOST = "https://www.youtube.com/"


class Manner(Enum):
    """How an answer is given."""

    PLAIN = "plain"
    HANG = "hang"
    DRIP = "drip"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one address answers: a recorded file, with `changes` made to it, or `text`.

    With `only_first` n, from the n+1st time on the usual.
    """

    file: str | None = None
    changes: tuple[tuple[str, str], ...] = ()
    text: str = ""
    status: int = 200
    manner: Manner = Manner.PLAIN
    only_first: int | None = None

    def body(self, video_id: str) -> bytes:
        if self.file is None:
            return self.text.encode()
        content = (DATA / self.file).read_text(encoding="utf-8")
        for old, new in ((RECORDED_ID.get(self.file, video_id), video_id), *self.changes):
            content = content.replace(old, new)
        return content.encode()


WATCH = Answer(file="watch.html")
PLAYER = Answer(file="success.player.json")
CAPTIONS = Answer(file="captions.xml")

# The ids in the recordings; each is replaced by the id that was asked for.
RECORDED_ID = {
    "success.player.json": "GJLlxj_dtq8",
    "altered_user_agent.player.json": "GJLlxj_dtq8",
    "po_token_required.player.json": "GJLlxj_dtq8",
    "ww1_nl_en.player.json": "F1xioXWb8CY",
    "age_restricted.player.json": "Njp5uhTorCo",
    "transcripts_disabled.player.json": "dsMFmonKDD4",
    "transcripts_disabled2.player.json": "Fjg5lYqvzUs",
    "no_captions_2019.player.json": "MwBPvcYFY2E",
    "sign_in_for_age.player.json": "4FN12sqoC4Y",
    "region_blocked.player.json": "kZsVStYdmws",
    "simple_text_names.player.json": "P3pFkriw10Q",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One video. `languages` are those to ask for: PO_TOKEN_REQUIRED, for one, shows only where "en" is asked for."""

    name: str
    video_id: str
    watch: Answer = WATCH
    player: Answer = PLAYER
    captions: Answer = CAPTIONS
    failure: CaptionFailure | None = None
    languages: tuple[str, ...] = ("en",)
    title: str | None = "Surface Go Review - It’s Awesome"

    @property
    def url(self) -> str:
        return f"{HOST}watch?v={self.video_id}"


def _player(name: str) -> Answer:
    return Answer(file=f"{name}.player.json")


_COURSE = (
    ("Surface Go Review - It’s Awesome", "The Hugging Face course"),
    ('"Dave2D"', '"Hugging Face"'),
    ('"lengthSeconds": "316"', '"lengthSeconds": "1502"'),
)
_GENERATED = json.dumps(
    {
        "playabilityStatus": {"status": "OK"},
        "videoDetails": {"title": "Only generated", "lengthSeconds": "20"},
        "captions": {
            "playerCaptionsTracklistRenderer": {
                "captionTracks": [
                    {
                        "baseUrl": f"{HOST}api/timedtext?v=okGenerated&kind=asr&lang=en",
                        "name": {"runs": [{"text": "English (auto-generated)"}]},
                        "languageCode": "en",
                        "kind": "asr",
                    }
                ]
            }
        },
    }
)
_HTML = "<!DOCTYPE html><html><head><title>Error</title></head><body>Sorry</body></html>"
_NOT_A_BOT = (
    '{"playabilityStatus": {"status": "LOGIN_REQUIRED", "reason": "Sign in to confirm you\'re not a bot"}}'  # ' not ’
)
_UPCOMING = (
    '{"playabilityStatus": {"status": "LIVE_STREAM_OFFLINE", "reason": "This live event will begin in 3 hours."},'
    ' "videoDetails": {"title": "Launch", "isUpcoming": true, "isLiveContent": true, "lengthSeconds": "0"}}'
)
_NO_TRACKS = (
    '{"playabilityStatus": {"status": "OK"}, "videoDetails": {"title": "Silent"},'
    ' "captions": {"playerCaptionsTracklistRenderer": {"captionTracks": []}}}'
)
_SOUNDS = '<transcript><text start="0" dur="4">[Music]</text><text start="4" dur="4">[Applause]</text></transcript>'
_CUT_OFF = "<transcript>{}</transcript>".format(
    "".join(
        f'<text start="{n * 3}" dur="3">This is sentence number {n}{"." if n < 9 else " and it goes"}</text>'
        for n in range(10)
    )
)
_TOO_DENSE = '<transcript><text start="0" dur="2">{}</text></transcript>'.format("word " * 80)

_TABLE = (
    # Recorded successes.
    Scenario(name="success", video_id="okNormal-00"),
    Scenario(name="altered_user_agent", video_id="okAltered-0", player=_player("altered_user_agent")),
    Scenario(
        name="other_language_only",
        video_id="okOther-000",
        player=_player("ww1_nl_en"),
        languages=("nl",),
        title="The Tide Is Turning - Russian Civil War Fall 1919 I THE GREAT WAR 1919",
    ),
    Scenario(
        name="consent", video_id="okConsent-0", watch=Answer(file="consent_page.html", manner=Manner.CONSENT)
    ),
    # Made from recordings: 25 minutes of a course, and a video with generated captions only.
    Scenario(
        name="talk",
        video_id="okTalk-0000",
        player=Answer(file="success.player.json", changes=_COURSE),
        captions=Answer(file="captions_talk.xml"),
        title="The Hugging Face course",
    ),
    Scenario(name="generated", video_id="okGenerated", player=Answer(text=_GENERATED), title="Only generated"),
    # Recovers at the second try.
    Scenario(
        name="hiccup", video_id="okHiccup-00", player=Answer(status=503, text="busy", only_first=1)
    ),
    Scenario(name="empty_once", video_id="okEmpty1-00", captions=Answer(only_first=1)),
    # Recorded failures.
    Scenario(
        name="ip_blocked",
        video_id="noIpBlock-0",
        watch=Answer(file="too_many_requests.html"),
        failure=CaptionFailure.IP_BLOCKED,
        title=None,
    ),
    # A block that ends: at the second, or only at the fourth address that asks.
    Scenario(
        name="blocked_once",
        video_id="noBlocked1-",
        watch=Answer(file="too_many_requests.html", only_first=1),
        failure=CaptionFailure.IP_BLOCKED,
        title=None,
    ),
    Scenario(
        name="blocked_thrice",
        video_id="noBlocked3-",
        watch=Answer(file="too_many_requests.html", only_first=3),
        failure=CaptionFailure.IP_BLOCKED,
        title=None,
    ),
    Scenario(
        name="request_blocked",
        video_id="noReqBlock0",
        player=_player("request_blocked"),
        failure=CaptionFailure.REQUEST_BLOCKED,
        title=None,
    ),
    Scenario(
        name="po_token_required",
        video_id="noPoToken-0",
        player=_player("po_token_required"),
        failure=CaptionFailure.PO_TOKEN_REQUIRED,
    ),
    Scenario(
        name="transcripts_disabled",
        video_id="noDisabled0",
        player=_player("transcripts_disabled"),
        failure=CaptionFailure.CAPTIONS_DISABLED,
        title="Angèle - Eels x Richard Cocciante | A Take Away Show",
    ),
    Scenario(
        name="no_captions_2019",
        video_id="noCapt2019-",
        player=_player("no_captions_2019"),
        failure=CaptionFailure.CAPTIONS_DISABLED,
        title="MTG Top 10: BAD Cards That Suddenly Became Good",
    ),
    Scenario(
        name="live_without_captions",
        video_id="noLiveCapt0",
        player=_player("transcripts_disabled2"),
        failure=CaptionFailure.LIVE_WITHOUT_CAPTIONS,
        title="Watch live Dow Jones feed: Markets plunge amid coronavirus fears, oil price war",
    ),
    Scenario(
        name="age_restricted",
        video_id="noAgeRestr0",
        player=_player("age_restricted"),
        failure=CaptionFailure.AGE_RESTRICTED,
        title="Laura Branigan - Self Control (Moreno J Remix) Age-restricted",
    ),
    Scenario(
        name="sign_in_for_age",
        video_id="noAgeSign-0",
        player=_player("sign_in_for_age"),
        failure=CaptionFailure.AGE_RESTRICTED,
        title="DemandTheTruth #DemandTheTruth Demand The Truth #Soros , #Musk & #Microchips",
    ),
    Scenario(
        name="region_blocked",
        video_id="noRegion-00",
        player=_player("region_blocked"),
        failure=CaptionFailure.REGION_BLOCKED,
        title="《機動戰士鋼彈 水星的魔女 Season2》第23話 (繁中字幕 | 日語原聲)【Ani-One】",
    ),
    Scenario(
        name="video_unavailable",
        video_id="noVideo-000",
        player=_player("video_unavailable"),
        failure=CaptionFailure.VIDEO_UNAVAILABLE,
        title=None,
    ),
    Scenario(
        name="unplayable",
        video_id="noPlay-0000",
        player=_player("unplayable"),
        failure=CaptionFailure.VIDEO_UNPLAYABLE,
        title=None,
    ),
    Scenario(
        name="consent_loop",
        video_id="noConsent-0",
        watch=Answer(file="consent_page.html"),
        failure=CaptionFailure.CONSENT_FAILED,
        title=None,
    ),
    Scenario(
        name="consent_invalid",
        video_id="noConsent-4",
        watch=Answer(file="consent_page_invalid.html"),
        failure=CaptionFailure.CONSENT_FAILED,
        title=None,
    ),
    Scenario(
        name="simple_text_names",
        video_id="noNames-000",
        player=_player("simple_text_names"),
        failure=CaptionFailure.UNREADABLE_ANSWER,
        title="اسهل طريقه لفك ضغط العاب الكمبيوتر | وتشغيل جميع الالعاب بدون مشاكل 🔥",
    ),
    # By status, and what leaks past the library's own exceptions.
    Scenario(
        name="watch_429",
        video_id="noWatch429-",
        watch=Answer(status=429),
        failure=CaptionFailure.IP_BLOCKED,
        title=None,
    ),
    Scenario(
        name="captions_429", video_id="noCapt429-0", captions=Answer(status=429), failure=CaptionFailure.IP_BLOCKED
    ),
    Scenario(
        name="watch_500",
        video_id="noWatch500-",
        watch=Answer(status=500),
        failure=CaptionFailure.YOUTUBE_FAILED,
        title=None,
    ),
    Scenario(
        name="player_403",
        video_id="noPlay403-0",
        player=Answer(status=403),
        failure=CaptionFailure.YOUTUBE_REFUSED,
        title=None,
    ),
    Scenario(
        name="captions_404",
        video_id="noCapt404-0",
        captions=Answer(status=404),
        failure=CaptionFailure.YOUTUBE_REFUSED,
    ),
    Scenario(name="empty_captions", video_id="noEmpty-000", captions=Answer(), failure=CaptionFailure.EMPTY_ANSWER),
    Scenario(
        name="html_for_captions",
        video_id="noHtmlCapt0",
        captions=Answer(text=_HTML),
        failure=CaptionFailure.UNREADABLE_ANSWER,
    ),
    Scenario(
        name="html_for_json",
        video_id="noHtmlJson0",
        player=Answer(text=_HTML),
        failure=CaptionFailure.UNREADABLE_ANSWER,
        title=None,
    ),
    Scenario(
        name="list_for_json",
        video_id="noListJson0",
        player=Answer(text="[]"),
        failure=CaptionFailure.UNREADABLE_ANSWER,
        title=None,
    ),
    Scenario(
        name="page_without_key",
        video_id="noKeyPage-0",
        watch=Answer(text=_HTML),
        failure=CaptionFailure.UNREADABLE_ANSWER,
        title=None,
    ),
    Scenario(
        name="hang",
        video_id="noHang-0000",
        watch=Answer(manner=Manner.HANG),
        failure=CaptionFailure.TIMED_OUT,
        title=None,
    ),
    Scenario(
        name="drip",
        video_id="noDrip-0000",
        captions=Answer(manner=Manner.DRIP),
        failure=CaptionFailure.TIMED_OUT,
    ),
    Scenario(
        name="straight_apostrophe",
        video_id="noBotCheck0",
        player=Answer(text=_NOT_A_BOT),
        failure=CaptionFailure.REQUEST_BLOCKED,
        title=None,
    ),
    Scenario(
        name="upcoming",
        video_id="noUpcoming0",
        player=Answer(text=_UPCOMING),
        failure=CaptionFailure.NOT_BROADCAST_YET,
        title="Launch",
    ),
    Scenario(
        name="no_tracks",
        video_id="noTracks-00",
        player=Answer(text=_NO_TRACKS),
        failure=CaptionFailure.CAPTIONS_DISABLED,
        title="Silent",
    ),
    # Captions that come and are no use.
    Scenario(
        name="only_sounds", video_id="noSounds-00", captions=Answer(text=_SOUNDS), failure=CaptionFailure.NO_WORDS
    ),
    Scenario(
        name="cut_off", video_id="noCutOff-00", captions=Answer(text=_CUT_OFF), failure=CaptionFailure.BROKEN_TRACK
    ),
    Scenario(
        name="impossible_times",
        video_id="noTimes-000",
        captions=Answer(text='<transcript><text start="999999" dur="2">Much too late</text></transcript>'),
        failure=CaptionFailure.BROKEN_TRACK,
    ),
    Scenario(
        name="times_not_numbers",
        video_id="noTimes-004",
        captions=Answer(text='<transcript><text start="nan" dur="2">Never</text></transcript>'),
        failure=CaptionFailure.UNREADABLE_ANSWER,
    ),
    Scenario(
        name="too_dense", video_id="noTooDense0", captions=Answer(text=_TOO_DENSE), failure=CaptionFailure.BROKEN_TRACK
    ),
)  # fmt: skip

SCENARIOS = {scenario.name: scenario for scenario in _TABLE}
_BY_ID = {scenario.video_id: scenario for scenario in _TABLE}


def scenario_for(video_id: str) -> Scenario:
    """The scenario a video id names; KeyError for an id that is not in the table."""
    return _BY_ID[video_id]
