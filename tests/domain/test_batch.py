"""What counts as a batch, which lines are refused, and how items are seen and counted."""

from __future__ import annotations

import pytest

from core.domain.addresses import ListAddress, ListKind, parse_list_address
from core.domain.batch import (
    MOST_ITEMS,
    BatchCounts,
    BatchRequest,
    BatchState,
    ItemState,
    Place,
    batch_states_before,
    find_batch,
    item_state,
    list_url,
    read_videos,
)
from core.domain.run import RunState
from core.errors import InvalidInput

ONE, TWO = "https://youtu.be/GJLlxj_dtq8?t=83", "https://www.youtube.com/watch?v=F1xioXWb8CY"


def numbered(count: int) -> list[str]:
    return [f"https://youtu.be/{number:011d}" for number in range(count)]


def test_addresses_are_read_in_order_and_a_repeat_is_one_video() -> None:
    videos = read_videos([ONE, "", TWO, "https://youtu.be/GJLlxj_dtq8"])
    assert [(video.video_id, video.start_ms) for video in videos] == [("GJLlxj_dtq8", 83_000), ("F1xioXWb8CY", None)]
    assert videos[0].address == "https://www.youtube.com/watch?v=GJLlxj_dtq8&t=83"


def test_unreadable_lines_are_told_by_their_numbers_and_never_repeated() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_videos([ONE, "", "https://example.org/secret", TWO, "https://www.youtube.com/@somebody"])
    assert refused.value.message.startswith("Line 3: This is not a YouTube address.")
    assert "Line 5: This is a channel." in refused.value.message
    assert "secret" not in refused.value.message
    assert len(refused.value.detail["errors"]) == 2  # type: ignore[arg-type]


def test_of_many_unreadable_lines_the_first_are_told_and_the_rest_counted() -> None:
    with pytest.raises(InvalidInput, match=r"Line 5: .* So are 3 more lines\.$"):
        read_videos(["https://example.org/"] * 8)


def test_as_many_as_a_batch_holds_are_read_and_one_more_is_refused() -> None:
    assert len(read_videos(numbered(MOST_ITEMS))) == MOST_ITEMS
    with pytest.raises(InvalidInput, match="These are 501 videos; a batch holds 500 at most"):
        read_videos(numbered(MOST_ITEMS + 1))


@pytest.mark.parametrize("lines", [[], ["", "   "]])
def test_nothing_at_all_is_refused(lines: list[str]) -> None:
    with pytest.raises(InvalidInput, match="No addresses were given"):
        read_videos(lines)


@pytest.mark.parametrize("text", [
    "",
    ONE,
    "GJLlxj_dtq8",
    "https://www.youtube.com/watch?v=GJLlxj_dtq8&list=PLabcdefghijkl",
    "https://example.org/",
    "0:00 So today I want to talk about https://youtu.be/GJLlxj_dtq8",
    "00:01\nhello\n00:02\nthere",
    "https://example.org/a\nhttps://example.org/b\nhttps://youtu.be/GJLlxj_dtq8",
])  # fmt: skip
def test_one_video_or_a_transcript_is_no_batch(text: str) -> None:
    assert find_batch(text) is None


@pytest.mark.parametrize("text", [f"{ONE}\n{TWO}", f"{ONE} {TWO}", f"\n{ONE}\r\n\r\n{TWO}\n"])
def test_two_addresses_are_a_batch_on_lines_or_beside_each_other(text: str) -> None:
    found = find_batch(text)
    assert found is not None
    assert len(read_videos(found.addresses)) == 2


def test_one_broken_address_among_others_is_told_as_a_line_of_the_batch() -> None:
    found = find_batch(f"{ONE}\n{TWO}\nhttps://example.org/")
    assert found is not None
    with pytest.raises(InvalidInput, match="Line 3: "):
        read_videos(found.addresses)


@pytest.mark.parametrize("address", [
    "https://www.youtube.com/playlist?list=PLabcdefghijkl", "PLabcdefghijkl", "https://www.youtube.com/@somebody",
    "https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv/videos",
])  # fmt: skip
def test_a_playlist_or_channel_is_a_batch(address: str) -> None:
    assert find_batch(address) == BatchRequest(list_address=address)


@pytest.mark.parametrize("kind", list(ListKind))
def test_the_address_kept_of_a_list_leads_to_the_same_list(kind: ListKind) -> None:
    names = {ListKind.PLAYLIST: "PLabcdefghijkl", ListKind.CHANNEL_ID: "UC" + "a" * 22}
    address = ListAddress(kind=kind, name=names.get(kind, "Café.tv"))
    assert parse_list_address(list_url(address)) == address
    assert list_url(address).startswith("https://www.youtube.com/")


def test_an_item_is_seen_as_its_summary_is_once_it_was_begun() -> None:
    for state in RunState:
        assert item_state(Place.STARTED, state).value == state.value
        assert item_state(Place.WAITING, state) is ItemState.WAITING
        assert item_state(Place.SKIPPED, state) is ItemState.LEFT_OUT
    assert item_state(Place.STARTED, None) is ItemState.DELETED
    assert item_state(Place.REFUSED, None) is ItemState.FAILED


def test_what_is_left_out_is_no_part_of_the_whole() -> None:
    counts = BatchCounts(done=6, failed=1, cancelled=1, waiting=2, left_out=5)
    assert (counts.total, counts.ended_ratio) == (10, 0.8)
    assert BatchCounts(left_out=3).ended_ratio == 0.0


def test_a_batch_that_is_done_can_only_be_set_to_work_again() -> None:
    assert BatchState.DONE not in batch_states_before(BatchState.PAUSED)
    assert batch_states_before(BatchState.LISTING) == ("failed",)
    assert set(batch_states_before(BatchState.RUNNING)) == {"listing", "paused", "done"}
