"""Playlists and channels, by the Data API or by yt-dlp: whole, in order, bounded, and refused with a next step."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Mapping
from dataclasses import replace

import pytest

from core.config import Settings
from core.domain.addresses import ListAddress, ListKind
from core.domain.engine_settings import EngineSettings
from core.domain.telemetry import OutboundCall
from core.domain.video_lists import MOST_LISTED, ListedVideo, ListProblem, ListUnavailable
from core.errors import NextStep
from core.integrations import video_lists
from core.integrations.calls import uncounted
from core.integrations.video_lists import list_videos
from tests.world.extras import needs_yt_dlp
from tests.world.scenarios import Manner
from tests.world.vendors import Reply
from tests.world.youtube import FakeYouTube

API = "/googleapis/youtube/v3/"
PLAYLIST = ListAddress(kind=ListKind.PLAYLIST, name="PLx0sYbCqOb8TBPRdmBHs5Iftvv9TPboYG")
HANDLE = ListAddress(kind=ListKind.HANDLE, name="someone")


def settings(key: str | None = "key", **changes: object) -> EngineSettings:
    known = replace(Settings().for_engine(), youtube_api_key=key)  # type: ignore[call-arg]
    return replace(known, **changes)  # type: ignore[arg-type]


def video_id(number: int) -> str:
    return f"video-{number:05d}"


def page(first: int, last: int, *, token: str | None = None) -> Reply:
    items = [{"contentDetails": {"videoId": video_id(number)}} for number in range(first, last)]
    return Reply({"items": items, "nextPageToken": token} if token else {"items": items})


def details(first: int, last: int) -> Reply:
    return Reply({
        "items": [
            {"id": video_id(number), "snippet": {"title": f"No. {number}"}, "contentDetails": {"duration": "PT2M"}}
            for number in range(first, last)
        ]
    })  # fmt: skip


def problem_of(address: ListAddress, known: EngineSettings) -> ListProblem:
    with pytest.raises(ListUnavailable) as caught:
        list_videos(address, known, uncounted)
    assert caught.value.next_step is not NextStep.NONE
    assert pickle.loads(pickle.dumps(caught.value)).code == caught.value.code
    return caught.value.problem


def test_a_playlist_of_several_pages_comes_whole_and_in_order(youtube: FakeYouTube) -> None:
    youtube.vendors.on(API + "playlistItems", page(0, 50, token="two"), page(50, 60))
    youtube.vendors.on(API + "videos", details(0, 50), details(50, 60))
    calls: list[OutboundCall] = []
    videos = list_videos(PLAYLIST, settings(), calls.append)
    assert [video.id for video in videos] == [video_id(number) for number in range(60)]
    assert videos[7] == ListedVideo(id=video_id(7), title="No. 7", duration_ms=120_000)
    assert [call.operation for call in calls] == ["playlist_items", "playlist_items", "videos", "videos"]
    assert [asked.query.get("pageToken") for asked in youtube.vendors.asked[:2]] == [None, "two"]


def test_a_list_without_end_is_cut_at_the_most(youtube: FakeYouTube) -> None:
    pages = [page(start, start + 50, token="more") for start in range(0, 600, 50)]
    youtube.vendors.on(API + "playlistItems", *pages)
    youtube.vendors.on(API + "videos", *[details(start, start + 50) for start in range(0, 600, 50)])
    assert len(list_videos(PLAYLIST, settings(), uncounted)) == MOST_LISTED
    assert sum(asked.path.endswith("playlistItems") for asked in youtube.vendors.asked) == 10


def test_private_and_repeated_videos_are_left_out(youtube: FakeYouTube) -> None:
    items = [{"contentDetails": {"videoId": each}} for each in (video_id(1), video_id(2), video_id(1), "<script>")]
    youtube.vendors.on(API + "playlistItems", Reply({"items": [*items, None, {"contentDetails": 3}]}))
    youtube.vendors.on(API + "videos", details(1, 2))
    assert [video.id for video in list_videos(PLAYLIST, settings(), uncounted)] == [video_id(1)]


@pytest.mark.parametrize(
    ("kind", "parameter"),
    [(ListKind.HANDLE, "forHandle"), (ListKind.CHANNEL_ID, "id"), (ListKind.USER, "forUsername")],
)
def test_a_channel_is_read_by_the_list_of_its_uploads(youtube: FakeYouTube, kind: ListKind, parameter: str) -> None:
    uploads = {"contentDetails": {"relatedPlaylists": {"uploads": "UUsomeone"}}}
    youtube.vendors.on(API + "channels", Reply({"items": [uploads]}))
    youtube.vendors.on(API + "playlistItems", page(0, 2))
    youtube.vendors.on(API + "videos", details(0, 2))
    assert len(list_videos(ListAddress(kind=kind, name="someone"), settings(), uncounted)) == 2
    channel, items, _videos = youtube.vendors.asked
    assert channel.query[parameter] == "someone"
    assert items.query["playlistId"] == "UUsomeone"


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply({"error": {"errors": [{"reason": "quotaExceeded"}]}}, status=403), ListProblem.QUOTA_USED_UP),
        (Reply({"error": {"errors": [{"reason": "forbidden"}]}}, status=403), ListProblem.KEY_REFUSED),
        (Reply({"error": {"errors": [{"reason": "playlistItemsNotAccessible"}]}}, status=403), ListProblem.NOT_FOUND),
        (Reply({"error": {"errors": [{"reason": "playlistNotFound"}]}}, status=404), ListProblem.NOT_FOUND),
        (Reply({}, status=500), ListProblem.FAILED),
        (Reply(text="<html>", status=502), ListProblem.FAILED),
        (Reply(text="<html>"), ListProblem.FAILED),
        (Reply({"items": []}), ListProblem.EMPTY),
    ],
)
def test_each_refusal_has_its_own_error(youtube: FakeYouTube, reply: Reply, problem: ListProblem) -> None:
    youtube.vendors.on(API + "playlistItems", reply)
    assert problem_of(PLAYLIST, settings()) is problem


def test_a_channel_that_is_not_there_is_not_found(youtube: FakeYouTube) -> None:
    youtube.vendors.on(API + "channels", Reply({"kind": "youtube#channelListResponse"}))
    assert problem_of(HANDLE, settings()) is ListProblem.NOT_FOUND


def test_a_dripping_answer_ends_with_the_total_timeout(youtube: FakeYouTube) -> None:
    youtube.vendors.on(API + "playlistItems", Reply(manner=Manner.DRIP))
    began_s = time.monotonic()
    assert problem_of(PLAYLIST, settings(youtube_total_timeout_s=0.5)) is ListProblem.TIMED_OUT
    assert time.monotonic() - began_s < 1.2


def test_without_key_and_yt_dlp_the_person_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_lists, "is_installed", lambda: False)
    assert problem_of(PLAYLIST, settings(None)) is ListProblem.NOT_CONFIGURED
    old = ListAddress(kind=ListKind.CUSTOM_NAME, name="someone")
    assert problem_of(old, settings()) is ListProblem.NAME_UNKNOWN


def test_every_problem_has_a_message_that_says_what_to_do() -> None:
    for problem in ListProblem:
        error = ListUnavailable(problem)
        assert error.message.endswith(".")
        assert error.next_step is not NextStep.NONE
        assert error.code == problem.value


def rows(count: int) -> list[Mapping[str, object]]:
    videos: list[Mapping[str, object]] = [
        {"playlistVideoRenderer": {
            "videoId": video_id(number), "title": {"runs": [{"text": f"No. {number}"}]},
            "lengthSeconds": "120", "isPlayable": True,
        }}
        for number in range(count)
    ]  # fmt: skip
    return [*videos, {"playlistVideoRenderer": {
        "videoId": "hidden-0000", "title": {"runs": [{"text": "[Private video]"}]}, "isPlayable": False,
    }}]  # fmt: skip


def browsed(count: int) -> str:
    """A playlist's page in the shape that yt-dlp looks for: the data stand in a script."""
    playlist = {"playlistVideoListRenderer": {"contents": rows(count), "playlistId": PLAYLIST.name}}
    section = {"itemSectionRenderer": {"contents": [playlist]}}
    content = {"sectionListRenderer": {"contents": [section]}}
    data = {
        "contents": {
            "twoColumnBrowseResultsRenderer": {"tabs": [{"tabRenderer": {"selected": True, "content": content}}]}
        },
        "metadata": {"playlistMetadataRenderer": {"title": "A list"}},
    }
    return f"<html><script>var ytInitialData = {json.dumps(data)};</script></html>"


@needs_yt_dlp
def test_without_a_key_yt_dlp_reads_the_lists_page(youtube: FakeYouTube) -> None:
    youtube.page("/playlist", browsed(3))
    calls: list[OutboundCall] = []
    videos = list_videos(PLAYLIST, settings(None), calls.append)
    assert videos == tuple(
        ListedVideo(id=video_id(number), title=f"No. {number}", duration_ms=120_000) for number in range(3)
    )
    assert {call.vendor for call in calls} == {"yt_dlp"}


@needs_yt_dlp
def test_a_list_that_yt_dlp_cannot_find_is_refused(youtube: FakeYouTube) -> None:
    assert problem_of(HANDLE, settings(None)) in {ListProblem.NOT_FOUND, ListProblem.FAILED}
