"""YouTube addresses: the forms people paste, and the forms that are made to mislead."""

from __future__ import annotations

from contextlib import suppress
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.addresses import (
    MAX_ADDRESS_CHARS,
    AddressProblem,
    InvalidAddress,
    ListAddress,
    ListKind,
    VideoAddress,
    looks_like_address,
    parse_list_address,
    parse_video_address,
)
from core.domain.timecode import is_video_id

ID = "dQw4w9WgXcQ"
LIST = "PLx0sYbCqOb8TBPRdmBHs5Iftvv9TPboYG"

PLAIN_FORMS = [
    ID,
    f"  {ID}\n",
    f"https://www.youtube.com/watch?v={ID}",
    f"http://youtube.com/watch?v={ID}",
    f"www.youtube.com/watch?v={ID}",
    f"youtube.com/watch?v={ID}",
    f"//www.youtube.com/watch?v={ID}",
    f"HTTPS://WWW.YOUTUBE.COM/watch?v={ID}",
    f"https://m.youtube.com/watch?v={ID}",
    f"https://music.youtube.com/watch?v={ID}",
    f"https://gaming.youtube.com/watch?v={ID}",
    f"https://www.youtubekids.com/watch?v={ID}",
    f"https://youtu.be/{ID}",
    f"youtu.be/{ID}",
    f"http://www.youtu.be/{ID}/",
    f"https://youtu.be/{ID}?si=0aB_cD",
    f"https://youtu.be/watch?v={ID}",
    f"https://www.youtube.com/shorts/{ID}",
    f"https://www.youtube.com/shorts/{ID}?feature=share",
    f"https://www.youtube.com/shorts/{ID}/",
    f"https://www.youtube.com/live/{ID}",
    f"https://www.youtube.com/live/{ID}?si=abc",
    f"https://www.youtube.com/embed/{ID}",
    f"https://www.youtube-nocookie.com/embed/{ID}?rel=0",
    f"https://www.youtube.com/embed?v={ID}",
    f"https://www.youtube.com/v/{ID}?version=3",
    f"https://www.youtube.com/e/{ID}",
    f"https://www.youtube.com/vi/{ID}",
    f"https://www.youtube.com/watch/{ID}",
    f"https://www.youtube.com/watch/?v={ID}",
    f"https://www.youtube.com//watch?v={ID}",
    f"https://www.youtube.com/watch.php?v={ID}",
    f"https://www.youtube.com/watch_popup?v={ID}",
    f"https://www.youtube.com/?v={ID}",
    f"https://www.youtube.com/#!v={ID}",
    f"https://www.youtube.com/watch#v={ID}",
    f"https://www.youtube.com/watch?feature=youtu.be&v={ID}",
    f"https://www.youtube.com/watch?v={ID}&pp=ygUEdGVzdA%3D%3D",
    f"https://www.youtube.com/watch?v={ID}&amp;feature=share",
    "https://www.youtube.com/watch?v=%64Qw4w9WgXcQ",
    f"https://studio.youtube.com/video/{ID}/edit",
    f"https://www.youtube.com:443/watch?v={ID}",
    f"http://youtube.com:80/watch?v={ID}",
    f"youtube.com:443/watch?v={ID}",
    f"https://www.youtube.com./watch?v={ID}",
    f"https://www.youtube.com/attribution_link?a=x&u=%2Fwatch%3Fv%3D{ID}%26feature%3Dshare",
    f"https://www.youtube.com/attribution_link?u=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3D{ID}",
    f"https://consent.youtube.com/m?continue=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3D{ID}&gl=DE",
    f"https://consent.youtube.com/ml?continue=https://www.youtube.com/shorts/{ID}",
    f"https://www.youtube.com/redirect?q=https%3A%2F%2Fyoutu.be%2F{ID}",
    f"https://www.youtube.com/signin?next=%2Fwatch%3Fv%3D{ID}",
    f"https://www.youtube.com/oembed?url=https%3A//youtube.com/watch%3Fv%3D{ID}&format=json",
    f"vnd.youtube:{ID}",
    f"vnd.youtube://{ID}",
    f"vnd.youtube://www.youtube.com/watch?v={ID}",
    f"youtube://{ID}",
    f"<https://youtu.be/{ID}>",
    f'"https://youtu.be/{ID}"',
    f"(https://youtu.be/{ID})",
    f"https://youtu.be/{ID}.",
    f"https://youtu.be/{ID} , ",
    f"\u200bhttps://youtu.be/{ID}\u200e",
    f"\ufeff\u2068https://youtu.be/{ID}\u2069\u00a0",
]

# Address, where it starts in milliseconds, which list it was opened from.
FORMS_THAT_SAY_MORE = [
    (f"https://youtu.be/{ID}?t=90", 90_000, None),
    (f"https://youtu.be/{ID}?t=1h2m3s", 3_723_000, None),
    (f"https://youtu.be/{ID}&t=30", 30_000, None),
    (f"https://www.youtube.com/watch?v={ID}&t=1:02:03", 3_723_000, None),
    (f"https://www.youtube.com/watch?v={ID}&t=36001s", 36_001_000, None),
    (f"https://www.youtube.com/watch?v={ID}?t=30", 30_000, None),
    (f"https://www.youtube.com/watch?v={ID}#t=1m30s", 90_000, None),
    (f"https://www.youtube.com/watch?v={ID}&t=abc", None, None),
    (f"https://www.youtube.com/watch?v={ID}&t=-4", None, None),
    (f"https://www.youtube.com/watch?time_continue=7&v={ID}", 7000, None),
    (f"https://www.youtube.com/embed/{ID}?start=62", 62_000, None),
    (f"vnd.youtube:{ID}?t=9", 9000, None),
    (f"https://www.youtube.com/attribution_link?u=%2Fwatch%3Fv%3D{ID}%26t%3D5s", 5000, None),
    (f"https://www.youtube.com/watch?v={ID}&list={LIST}&index=3", None, LIST),
    (f"https://music.youtube.com/watch?v={ID}&list=RDAMVM&t=4", 4000, "RDAMVM"),
    (f"https://www.youtube.com/watch?v={ID}&list=<script>", None, None),
]

P = AddressProblem
MISLEADING = [
    ("", P.EMPTY),
    (" \u200b\n", P.EMPTY),
    ("x" * (MAX_ADDRESS_CHARS + 1), P.TOO_LONG),
    (f"https://www.youtube.com/watch?v={ID}&x=" + "a" * MAX_ADDRESS_CHARS, P.TOO_LONG),
    ("hello", P.NOT_AN_ADDRESS),
    ("what is this about", P.NOT_AN_ADDRESS),
    ("https://", P.NOT_AN_ADDRESS),
    (f"http:///watch?v={ID}", P.NOT_AN_ADDRESS),
    (f"https:youtube.com/watch?v={ID}", P.NOT_AN_ADDRESS),
    (f"https:/youtube.com/watch?v={ID}", P.NOT_AN_ADDRESS),
    (f"https://youtube.com:99999/watch?v={ID}", P.NOT_AN_ADDRESS),
    (f"https://[youtube.com]/watch?v={ID}", P.NOT_AN_ADDRESS),
    (f"javascript://youtube.com/watch?v={ID}", P.UNSUPPORTED_SCHEME),
    ("javascript:alert(1)", P.UNSUPPORTED_SCHEME),
    ("javascript:1", P.UNSUPPORTED_SCHEME),
    (f"JaVaScRiPt:location='https://youtu.be/{ID}'", P.UNSUPPORTED_SCHEME),
    (f"data:text/html,https://youtu.be/{ID}", P.UNSUPPORTED_SCHEME),
    ("file:///etc/passwd", P.UNSUPPORTED_SCHEME),
    ("mailto:someone@youtube.com", P.UNSUPPORTED_SCHEME),
    (f"blob:https://youtube.com/{ID}", P.UNSUPPORTED_SCHEME),
    (f"view-source:https://youtube.com/watch?v={ID}", P.UNSUPPORTED_SCHEME),
    ("about:blank", P.UNSUPPORTED_SCHEME),
    (f"https://youtube.com@evil.example/watch?v={ID}", P.CREDENTIALS),
    (f"https://user:secret@www.youtube.com/watch?v={ID}", P.CREDENTIALS),
    (f"https://www.youtube.com:8080/watch?v={ID}", P.UNSUPPORTED_PORT),
    (f"https://www.youtube.com:22/watch?v={ID}", P.UNSUPPORTED_PORT),
    (f"https://youtube.com\\@evil.example/watch?v={ID}", P.STRANGE_CHARACTERS),
    (f"https:\\\\youtube.com\\watch?v={ID}", P.STRANGE_CHARACTERS),
    (f"https://youtube.com%2eevil.example/watch?v={ID}", P.STRANGE_CHARACTERS),
    (f"https://youtube.com%2Fwatch%3Fv%3D{ID}", P.STRANGE_CHARACTERS),
    (f"https://www.youtube.com/shorts/..%2f{ID}", P.STRANGE_CHARACTERS),
    (f"https://www.youtube.com/shorts/../watch?v={ID}", P.STRANGE_CHARACTERS),
    ("https://www.youtube.com/shorts/%64Qw4w9WgXcQ", P.STRANGE_CHARACTERS),
    (f"https://www.youtube.com/watch?v={ID}%0a", P.BAD_VIDEO_ID),
    (f"https://www.youtube.com/watch?v={ID}%00", P.BAD_VIDEO_ID),
    (f"https://www.youtube.com/watch?v={ID}%2e%2e", P.BAD_VIDEO_ID),
    (f"https://www.youtube.com/watch?v={ID}<script>", P.BAD_VIDEO_ID),
    (f"https://www.youtube.com/watch?v={ID}x", P.BAD_VIDEO_ID),
    ("https://www.youtube.com/watch?v=short", P.BAD_VIDEO_ID),
    ("https://youtu.be/../a", P.STRANGE_CHARACTERS),
    ("https://youtu.be/a", P.BAD_VIDEO_ID),
    (f"https://youtube.com?v={ID}@evil.example", P.BAD_VIDEO_ID),
    (f"https://www.youtube.com/watch?v={ID}&v=aaaaaaaaaaa", P.SEVERAL_VIDEOS),
    (f"https://youtu.be/{ID}?v=aaaaaaaaaaa", P.SEVERAL_VIDEOS),
    (f"https://youtu.be/{ID}\nhttps://youtu.be/aaaaaaaaaaa", P.SEVERAL_VIDEOS),
    (f"https://www.youtube.com/playlist?list={LIST}", P.PLAYLIST),
    (f"https://www.youtube.com/watch?list={LIST}", P.PLAYLIST),
    (f"https://www.youtube.com/embed/videoseries?list={LIST}", P.PLAYLIST),
    ("https://www.youtube.com/@handle", P.CHANNEL),
    ("https://www.youtube.com/@handle/videos", P.CHANNEL),
    ("https://www.youtube.com/channel/UCabcdefghijk", P.CHANNEL),
    ("https://www.youtube.com/c/name", P.CHANNEL),
    ("https://www.youtube.com/user/name", P.CHANNEL),
    ("https://www.youtube.com/embed/live_stream?channel=UCabc", P.CHANNEL),
    ("https://www.youtube.com/", P.NO_VIDEO),
    ("youtube.com", P.NO_VIDEO),
    ("https://www.youtube.com/watch", P.NO_VIDEO),
    ("https://www.youtube.com/watch?v=", P.NO_VIDEO),
    ("https://www.youtube.com/feed/trending", P.NO_VIDEO),
    ("https://www.youtube.com/results?search_query=cats", P.NO_VIDEO),
    ("https://www.youtube.com/clip/UgkxAbC", P.NO_VIDEO),
    ("https://youtu.be/", P.NO_VIDEO),
    ("vnd.youtube:evil", P.NO_VIDEO),
    ("https://consent.youtube.com/", P.NO_VIDEO),
    (f"https://consent.youtube.com/m?continue=https%3A%2F%2Fevil.example%2Fwatch%3Fv%3D{ID}", P.NOT_YOUTUBE),
    (f"https://www.youtube.com/redirect?q=//evil.example/watch?v={ID}", P.NOT_YOUTUBE),
    ("https://www.youtube.com/redirect?q=javascript:alert(1)", P.UNSUPPORTED_SCHEME),
    ("https://www.youtube.com/attribution_link?u=http://127.0.0.1/", P.LOCAL_NETWORK),
    (f"vnd.youtube://evil.example/watch?v={ID}", P.NOT_YOUTUBE),
]

# Each with every path below: hosts that are not YouTube's however much they look like it.
LOOK_ALIKE_HOSTS = [
    "vimeo.com",
    "evil.example",
    "youtube.com.evil.example",
    "www.youtube.com.evil.example",
    "youtu.be.evil.example",
    "evil-youtube.com",
    "youtube.com-watch.example",
    "youtubecom.example",
    "youtube.co",
    "youtube.cm",
    "yotube.com",
    "y0utube.com",
    "evil.youtube.com.example",
    "evil.youtube.com",
    "xn--outube-8we.com",
    "уoutube.com",
    "youtubе.com",
    "ｙoutube.com",
    "youtube。com",
    "youtube-nocoo\u212aie.com",
    "youtube.com..evil.example",
    ".youtube.com",
    "youtube.com..",
    "8.8.8.8",
]
LOCAL_HOSTS = [
    "localhost",
    "localhost:8080",
    "router",
    "printer.local",
    "db.internal",
    "127.0.0.1",
    "127.1",
    "0",
    "0.0.0.0",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[fd00::1]",
    "[fe80::1]",
]
PATHS = [f"/watch?v={ID}", f"/{ID}", f"/youtube.com/watch?v={ID}", f"/?u=https://youtu.be/{ID}#youtube.com"]
STRANGE = ["\x00", "\x1b", "\x7f", "\x85", "\t", "\n", "\r\n", "\u200b", "\u202e", "\u2028", "\u00ad"]
TARGETS = [
    "https://you{}tube.com/watch?v=" + ID,
    "https://www.youtube.com/wat{}ch?v=" + ID,
    "https://youtu.be/dQw4{}w9WgXcQ",
]


def hostile_forms() -> list[tuple[str, AddressProblem]]:
    """Every form that has to be refused, each with its reason."""
    look_alikes = [(f"https://{host}{path}", P.NOT_YOUTUBE) for host, path in product(LOOK_ALIKE_HOSTS, PATHS)]
    local = [(f"http://{host}{path}", P.LOCAL_NETWORK) for host, path in product(LOCAL_HOSTS, PATHS[:2])]
    strange = [(target.format(char), P.STRANGE_CHARACTERS) for target, char in product(TARGETS, STRANGE)]
    return [*MISLEADING, *look_alikes, *local, *strange]


def test_the_tables_are_as_long_as_promised() -> None:
    assert len(set(PLAIN_FORMS)) + len(FORMS_THAT_SAY_MORE) >= 60
    assert len(set(hostile_forms())) >= 200


@pytest.mark.parametrize("address", PLAIN_FORMS)
def test_a_form_people_paste_names_its_video(address: str) -> None:
    assert parse_video_address(address) == VideoAddress(video_id=ID)


@pytest.mark.parametrize(("address", "start_ms", "playlist_id"), FORMS_THAT_SAY_MORE)
def test_start_and_list_are_read_where_they_are_given(
    address: str, start_ms: int | None, playlist_id: str | None
) -> None:
    assert parse_video_address(address) == VideoAddress(video_id=ID, start_ms=start_ms, playlist_id=playlist_id)


@pytest.mark.parametrize(("address", "problem"), hostile_forms())
def test_a_misleading_form_is_refused_with_its_reason(address: str, problem: AddressProblem) -> None:
    with pytest.raises(InvalidAddress) as refusal:
        parse_video_address(address)
    assert refusal.value.problem == problem
    assert refusal.value.detail == {"reason": problem.value}


def test_every_problem_has_its_own_message_that_ends_in_a_full_stop() -> None:
    messages = {InvalidAddress(problem).message for problem in AddressProblem}
    assert len(messages) == len(AddressProblem)
    assert all(message.endswith(".") and "!" not in message for message in messages)


@pytest.mark.parametrize("host", ["www.youtube.com/watch?v=", "youtu.be/", "www.youtube.com/shorts/"])
@given(video_id=st.from_regex(r"[A-Za-z0-9_-]{11}", fullmatch=True))
@settings(deadline=None, derandomize=True)
def test_any_id_comes_out_as_it_went_in(host: str, video_id: str) -> None:
    if video_id not in ("live_stream", "videoseries"):
        assert parse_video_address(f"https://{host}{video_id}").video_id == video_id


ADDRESS_PIECES = [
    "https://",
    "youtube.com",
    "youtu.be",
    "/",
    "watch?v=",
    ID,
    "@",
    ":",
    "%2f",
    "#",
    "\\",
    "&u=",
    "[",
    "]",
]


@given(st.lists(st.sampled_from(ADDRESS_PIECES) | st.text(max_size=3), max_size=10).map("".join))
@settings(deadline=None, derandomize=True, max_examples=500)
def test_any_text_is_either_a_video_or_refused(text: str) -> None:
    looks_like_address(text)
    with suppress(InvalidAddress):
        assert is_video_id(parse_video_address(text).video_id)


@pytest.mark.parametrize(
    "text", [ID, f"youtu.be/{ID}", "https://vimeo.com/1", "javascript:alert(1)", " localhost:80\n"]
)
def test_one_run_with_address_marks_is_taken_for_an_address(text: str) -> None:
    assert looks_like_address(text)


@pytest.mark.parametrize("text", ["", "hello", "0:00 hello\n0:05 there", f"see https://youtu.be/{ID}", "a/" * 2000])
def test_a_transcript_is_not_taken_for_an_address(text: str) -> None:
    assert not looks_like_address(text)


CHANNEL = "UCYO_jab_esuFRV4b17AJtAw"
LISTS = [
    (LIST, ListKind.PLAYLIST, LIST),
    (f"  <{LIST}>", ListKind.PLAYLIST, LIST),
    (f"https://www.youtube.com/playlist?list={LIST}", ListKind.PLAYLIST, LIST),
    (f"https://music.youtube.com/playlist?list={LIST}&si=x", ListKind.PLAYLIST, LIST),
    (f"https://www.youtube.com/embed/videoseries?list={LIST}", ListKind.PLAYLIST, LIST),
    (f"https://www.youtube.com/watch?v={ID}&list={LIST}&index=3", ListKind.PLAYLIST, LIST),
    (f"https://youtu.be/{ID}?list={LIST}", ListKind.PLAYLIST, LIST),
    (f"https://www.youtube.com/channel/{CHANNEL}", ListKind.CHANNEL_ID, CHANNEL),
    (f"https://www.youtube.com/channel/{CHANNEL}/videos", ListKind.CHANNEL_ID, CHANNEL),
    ("https://www.youtube.com/@3blue1brown", ListKind.HANDLE, "3blue1brown"),
    ("youtube.com/@3blue1brown/playlists", ListKind.HANDLE, "3blue1brown"),
    ("https://www.youtube.com/@Überflieger", ListKind.HANDLE, "Überflieger"),
    ("https://www.youtube.com/user/GoogleDevelopers", ListKind.USER, "GoogleDevelopers"),
    ("https://www.youtube.com/c/GoogleDevelopers", ListKind.CUSTOM_NAME, "GoogleDevelopers"),
]


@pytest.mark.parametrize(("address", "kind", "name"), LISTS)
def test_playlists_and_channels_are_recognised(address: str, kind: ListKind, name: str) -> None:
    assert parse_list_address(address) == ListAddress(kind=kind, name=name)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("", P.EMPTY),
        (ID, P.NO_LIST),
        (f"https://www.youtube.com/watch?v={ID}", P.NO_LIST),
        (f"https://www.youtube.com/watch?v={ID}&list=<script>", P.NO_LIST),
        ("https://www.youtube.com/playlist?list=../..", P.NO_LIST),
        ("https://www.youtube.com/feed/subscriptions", P.NO_LIST),
        ("https://www.youtube.com/channel/UCshort", P.NO_LIST),
        ("https://www.youtube.com/@", P.NO_LIST),
        (f"https://evil.example/playlist?list={LIST}", P.NOT_YOUTUBE),
        (f"https://youtube.com@evil.example/playlist?list={LIST}", P.CREDENTIALS),
        (f"http://127.0.0.1/playlist?list={LIST}", P.LOCAL_NETWORK),
        ("https://www.youtube.com/@a/../..", P.STRANGE_CHARACTERS),
    ],
)
def test_what_names_no_list_is_refused_with_the_reason(address: str, problem: AddressProblem) -> None:
    with pytest.raises(InvalidAddress) as caught:
        parse_list_address(address)
    assert caught.value.problem is problem


@given(st.text(max_size=80))
def test_whatever_is_pasted_a_list_is_named_or_refused(text: str) -> None:
    with suppress(InvalidAddress):
        assert parse_list_address(text).name
