"""What rungs leave out of a video's metadata is looked up: oEmbed, then the Data API; and it never fails."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

import pytest

from core.config import Settings
from core.domain.engine_settings import EngineSettings
from core.domain.telemetry import OutboundCall
from core.domain.video import Video, VideoChapter
from core.integrations.calls import uncounted
from core.integrations.video_metadata import find_video
from core.integrations.youtube_data import duration_ms_of
from tests.world.scenarios import SCENARIOS, Manner
from tests.world.vendors import Reply
from tests.world.youtube import FakeYouTube

VIDEOS = "/googleapis/youtube/v3/videos"
ID = SCENARIOS["success"].video_id
ITEM = {
    "id": ID,
    "snippet": {
        "title": "By the Data API",
        "channelTitle": "A channel",
        "description": "0:00 Start\n1:00 Middle\n2:00 End",
        "liveBroadcastContent": "none",
        "thumbnails": {
            "default": {"url": f"https://i.ytimg.com/vi/{ID}/default.jpg", "width": 120},
            "high": {"url": f"https://i.ytimg.com/vi/{ID}/hqdefault.jpg", "width": 480},
            "odd": {"url": "https://evil.example/x.jpg", "width": 9999},
        },
    },
    "contentDetails": {"duration": "PT1H2M3S"},
}
WHOLE = Video(
    id=ID, title="T", channel="C", duration_ms=1000, url=f"https://www.youtube.com/watch?v={ID}",
    thumbnail_url="https://i.ytimg.com/t.jpg",
)  # fmt: skip


def settings(key: str | None = None) -> EngineSettings:
    return replace(Settings().for_engine(), youtube_api_key=key)  # type: ignore[call-arg]


def vendor_calls(youtube: FakeYouTube) -> list[str]:
    return [asked.path for asked in youtube.vendors.asked]


def test_what_is_whole_is_left_alone_and_nobody_is_asked(youtube: FakeYouTube) -> None:
    assert find_video(ID, WHOLE, settings("key"), uncounted) == WHOLE
    assert youtube.requests_for(ID) == vendor_calls(youtube) == []


def test_without_a_key_oembed_gives_title_channel_and_picture_but_no_length(youtube: FakeYouTube) -> None:
    found = find_video(ID, Video(), settings(), uncounted)
    assert found == Video(
        id=ID,
        title="Surface Go Review - It’s Awesome",
        channel="Dave2D",
        url=f"https://www.youtube.com/watch?v={ID}",
        thumbnail_url=f"https://i.ytimg.com/vi/{ID}/hqdefault.jpg",
    )
    assert vendor_calls(youtube) == []


def test_with_a_key_the_length_and_chapters_are_asked_for_and_each_unit_is_counted(youtube: FakeYouTube) -> None:
    youtube.vendors.on(VIDEOS, Reply({"items": [ITEM]}))
    calls: list[OutboundCall] = []
    found = find_video(ID, Video(), settings("s3cret-key"), calls.append)
    assert (found.title, found.duration_ms) == ("Surface Go Review - It’s Awesome", 3_723_000)
    assert found.chapters[1] == VideoChapter(start_ms=60_000, title="Middle")
    assert [f"{call.vendor}.{call.operation}" for call in calls] == ["youtube.oembed", "youtube_data.videos"]
    [asked] = youtube.vendors.asked
    assert asked.headers["X-Goog-Api-Key"] == "s3cret-key"
    assert "s3cret-key" not in str(asked.query)


def test_what_is_known_is_never_replaced(youtube: FakeYouTube) -> None:
    youtube.vendors.on(VIDEOS, Reply({"items": [ITEM]}))
    known = replace(WHOLE, thumbnail_url=None, duration_ms=None)
    found = find_video(ID, known, settings("key"), uncounted)
    assert (found.title, found.channel, found.duration_ms) == ("T", "C", 3_723_000)


def test_where_oembed_refuses_the_data_api_is_asked_for_all(youtube: FakeYouTube) -> None:
    hidden = SCENARIOS["video_unavailable"].video_id
    youtube.vendors.on(VIDEOS, Reply({"items": [{**ITEM, "id": hidden}]}))
    found = find_video(hidden, Video(), settings("key"), uncounted)
    assert (found.title, found.channel) == ("By the Data API", "A channel")
    assert found.thumbnail_url is not None
    assert found.thumbnail_url.endswith("hqdefault.jpg")


def test_of_a_live_stream_no_length_is_asked_for(youtube: FakeYouTube) -> None:
    assert find_video(ID, replace(WHOLE, duration_ms=None, is_live=True), settings("key"), uncounted).is_live
    assert vendor_calls(youtube) == []


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"error": {"errors": [{"reason": "quotaExceeded"}]}}, status=403),
        Reply({"error": {"errors": [{"reason": "keyInvalid"}]}}, status=400),
        Reply(text="<html>", status=502),
        Reply(text="<html>"),
        Reply([]),
        Reply({"items": []}),
        Reply({"items": [{"id": ID, "snippet": [], "contentDetails": {"duration": 7}}]}),
    ],
)
def test_no_answer_is_bad_enough_to_fail(youtube: FakeYouTube, reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    youtube.vendors.on(VIDEOS, reply)
    known = replace(WHOLE, duration_ms=None)
    assert find_video(ID, known, settings("s3cret-key"), uncounted) == known
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("manner", [Manner.HANG, Manner.DRIP])
def test_a_look_up_takes_its_time_and_no_more(youtube: FakeYouTube, manner: Manner) -> None:
    youtube.vendors.on(VIDEOS, Reply(manner=manner))
    known = replace(WHOLE, duration_ms=None)
    began_s = time.monotonic()
    assert find_video(ID, known, settings("key"), uncounted, timeout_s=0.4) == known
    assert time.monotonic() - began_s < 1.0


@pytest.mark.parametrize(
    ("written", "duration_ms"),
    [
        ("PT1H2M3S", 3_723_000),
        ("PT45S", 45_000),
        ("PT90M", 5_400_000),
        ("P1DT2H", 93_600_000),
        ("P0D", None),
        ("PT0S", None),
        ("P9W", None),
        ("PT", None),
        ("1:02:03", None),
        ("PT1.5S", None),
        (None, None),
        (63, None),
    ],
)
def test_iso_durations_are_milliseconds(written: object, duration_ms: int | None) -> None:
    assert duration_ms_of(written) == duration_ms
