"""YouTube addresses as people paste them, to the video or list they name. Nothing but the id is used afterwards."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import NoReturn
from urllib.parse import SplitResult, parse_qs, urlsplit

from core.domain.timecode import is_video_id, parse_time_parameter
from core.errors import InvalidInput

MAX_ADDRESS_CHARS = 2048


class AddressProblem(StrEnum):
    """What is wrong with an address; `InvalidAddress.problem`, and `reason` in its detail."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_AN_ADDRESS = "not_an_address"
    STRANGE_CHARACTERS = "strange_characters"
    UNSUPPORTED_SCHEME = "unsupported_scheme"
    CREDENTIALS = "credentials"
    UNSUPPORTED_PORT = "unsupported_port"
    LOCAL_NETWORK = "local_network"
    NOT_YOUTUBE = "not_youtube"
    PLAYLIST = "playlist"
    CHANNEL = "channel"
    NO_VIDEO = "no_video"
    NO_LIST = "no_list"
    BAD_VIDEO_ID = "bad_video_id"
    SEVERAL_VIDEOS = "several_videos"


class ListKind(StrEnum):
    """What names a list: an id for playlists and channels, a channel's name in one of its three forms otherwise."""

    PLAYLIST = "playlist"
    CHANNEL_ID = "channel_id"
    HANDLE = "handle"
    USER = "user"
    CUSTOM_NAME = "custom_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAddress:
    """A playlist or channel. `name` is its id or name; a handle without its @."""

    kind: ListKind
    name: str


class InvalidAddress(InvalidInput):
    """The text does not name what was asked for; `listed` is the playlist or channel it names instead of a video."""

    code = "invalid_address"

    def __init__(self, problem: AddressProblem, listed: ListAddress | None = None) -> None:
        super().__init__(_MESSAGES[problem], detail={"reason": problem.value})
        self.problem = problem
        self.listed = listed


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoAddress:
    """One video; where to start and which list it was opened from, where the address says so."""

    video_id: str
    start_ms: int | None = None
    playlist_id: str | None = None


def parse_video_address(text: str) -> VideoAddress:
    """The video that the address or bare id names. Raises InvalidAddress with the precise problem."""
    if len(text) > MAX_ADDRESS_CHARS:
        raise InvalidAddress(AddressProblem.TOO_LONG)
    address = text.strip(_EDGES).rstrip(_SENTENCE_ENDS).strip(_EDGES)
    if not address:
        raise InvalidAddress(AddressProblem.EMPTY)
    if is_video_id(address):
        return VideoAddress(video_id=address)
    return _read_address(address.replace("&amp;", "&"), redirects_left=_MOST_REDIRECTS)


def parse_list_address(text: str) -> ListAddress:
    """The playlist or channel that the address or bare playlist id names; of a video opened from a list, that list.

    Raises InvalidAddress with the precise problem.
    """
    bare = text.strip(_EDGES)
    if _BARE_PLAYLIST_ID.fullmatch(bare):
        return ListAddress(kind=ListKind.PLAYLIST, name=bare)
    try:
        playlist_id = parse_video_address(text).playlist_id
    except InvalidAddress as error:
        if error.listed is None:
            _refuse(AddressProblem.NO_LIST if error.problem in _LACKS_LIST else error.problem)
        return error.listed
    if playlist_id is None:
        _refuse(AddressProblem.NO_LIST)
    return ListAddress(kind=ListKind.PLAYLIST, name=playlist_id)


def looks_like_address(text: str) -> bool:
    """True where a box that also takes transcripts was given an address, however wrong: one run without spaces."""
    address = text.strip(_EDGES)
    if not address or len(address) > MAX_ADDRESS_CHARS or len(address.split()) > 1:
        return False
    return is_video_id(address) or any(mark in address for mark in (".", ":", "/"))


_MESSAGES = {
    AddressProblem.EMPTY: "Nothing was entered. Paste the address of one YouTube video.",
    AddressProblem.TOO_LONG: f"This is longer than {MAX_ADDRESS_CHARS:,} characters, so it is no video's address. "
    "Paste the address of one YouTube video.",
    AddressProblem.NOT_AN_ADDRESS: "This is not an address. Paste a YouTube video's address, such as "
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ, or its eleven-character id.",
    AddressProblem.STRANGE_CHARACTERS: "This address holds characters that do not belong there. "
    "Copy it again from the browser's address bar or YouTube's Share button.",
    AddressProblem.UNSUPPORTED_SCHEME: "Only web addresses (https) of YouTube videos can be used.",
    AddressProblem.CREDENTIALS: "This address holds a user name or password. "
    "Paste the plain address of the YouTube video.",
    AddressProblem.UNSUPPORTED_PORT: "This address names an unusual port. "
    "Paste the plain address of the YouTube video.",
    AddressProblem.LOCAL_NETWORK: "This address points to a computer or a private network, not to YouTube. "
    "Paste the address of a YouTube video.",
    AddressProblem.NOT_YOUTUBE: "This is not a YouTube address. Paste a YouTube video's address, "
    "or upload the video's captions as a file.",
    AddressProblem.PLAYLIST: "This is a playlist. Open one of its videos and give that video's address.",
    AddressProblem.CHANNEL: "This is a channel. Open one of its videos and give that video's address.",
    AddressProblem.NO_VIDEO: "This YouTube address names no video. Open the video and copy its address.",
    AddressProblem.NO_LIST: "This address names no playlist and no channel. Open the playlist or channel and copy its "
    "address.",
    AddressProblem.BAD_VIDEO_ID: "The video's id in this address is damaged: it has to be eleven letters, digits, "
    "“-” or “_”. Copy the address again.",
    AddressProblem.SEVERAL_VIDEOS: "This address names more than one video. Give one video's address.",
}

# White space, invisible characters and wrappings that come along when an address is copied out of a text.
_EDGES = " \t\r\n\f\v\u00a0\u00ad\u180e\u3000\ufeff" + "".join(
    map(chr, [*range(0x2000, 0x2010), *range(0x2028, 0x2030)])
)
_EDGES += "".join(map(chr, [*range(0x2060, 0x206A)])) + "<>\"'“”‘’«»`()[]"
_SENTENCE_ENDS = ".,;!…。"
_MOST_REDIRECTS = 2

_FORBIDDEN = re.compile(
    r"[\x00-\x20\x7f-\x9f\\\ud800-\udfff]|[^\S ]|[\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]"
)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PLAYLIST_ID = re.compile(r"[A-Za-z0-9_-]{2,64}")
# Playlists, uploads, likes, albums and mixes: the beginnings that YouTube gives their ids.
_BARE_PLAYLIST_ID = re.compile(r"(?:PL|UU|FL|LL|OLAK5uy_|RD)[A-Za-z0-9_-]{10,62}")
_CHANNEL_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")
_CHANNEL_NAME = re.compile(r"[\w.\-·]{1,100}")
_LACKS_LIST = frozenset(
    {AddressProblem.NO_VIDEO, AddressProblem.PLAYLIST, AddressProblem.CHANNEL, AddressProblem.BAD_VIDEO_ID}
)
_HOST = re.compile(r"[a-z0-9.-]{1,253}")

_YOUTUBE_HOSTS = frozenset(
    {"youtube.com", "youtube-nocookie.com", "youtubekids.com", "youtu.be"}
    | {f"{name}.youtube.com" for name in ("www", "m", "music", "gaming", "tv", "kids", "studio", "consent")}
    | {"www.youtube-nocookie.com", "www.youtubekids.com", "www.youtu.be"}
)
_SHORT_HOSTS = frozenset({"youtu.be", "www.youtu.be"})
_APP_SCHEMES = frozenset({"vnd.youtube", "youtube"})
# Schemes that may be followed by a number, which would else read as a host and its port.
_SCHEMES_BEFORE_NUMBERS = frozenset({"javascript", "vbscript", "data", "tel", "sms", "about"})
_LOCAL_SUFFIXES = (".local", ".localhost", ".internal", ".lan", ".home", ".corp", ".intranet", ".home.arpa", ".test")

# First part of the path → the video's id is the second.
_ID_PATHS = frozenset({"shorts", "live", "embed", "v", "vi", "e", "watch", "video", "watch_popup"})
# First part of the path → the id is the parameter `v`.
_QUERY_PATHS = frozenset({"", "watch", "watch.php", "watch_popup", "embed", "movie"})
_CHANNEL_PATHS = frozenset({"channel", "c", "user", "show"})
_LIST_KINDS = {"channel": ListKind.CHANNEL_ID, "c": ListKind.CUSTOM_NAME, "user": ListKind.USER}
# Path → the parameter that holds the address it leads to.
_REDIRECTS = {
    "attribution_link": "u",
    "redirect": "q",
    "signin": "next",
    "oembed": "url",
    "m": "continue",
    "ml": "continue",
}
# Eleven characters as an id has, but words of YouTube's own.
_RESERVED_IDS = frozenset({"videoseries", "live_stream"})


def _refuse(problem: AddressProblem) -> NoReturn:
    raise InvalidAddress(problem)


def _read_address(address: str, *, redirects_left: int) -> VideoAddress:
    if sum("youtu" in word.lower() for word in address.split()) > 1:
        _refuse(AddressProblem.SEVERAL_VIDEOS)
    if _FORBIDDEN.search(address):
        _refuse(AddressProblem.NOT_AN_ADDRESS if " " in address else AddressProblem.STRANGE_CHARACTERS)
    scheme, rest = _split_scheme(address)
    if scheme in _APP_SCHEMES:
        return _read_app_address(rest, redirects_left=redirects_left)
    if scheme not in ("http", "https"):
        _refuse(AddressProblem.UNSUPPORTED_SCHEME)
    parts = _split(f"https://{rest}")
    host = _check_host(parts)
    query = _parameters(parts.query)
    return _read_parts(host, parts, query, redirects_left=redirects_left)


def _split_scheme(address: str) -> tuple[str, str]:
    """The scheme (https where none is written) and what follows it and its slashes."""
    match = _SCHEME.match(address)
    has_port = match is not None and "." in match[1] and address[match.end() : match.end() + 1].isdigit()
    if address.startswith("//"):
        return "https", address.removeprefix("//")
    if match is None or (has_port and match[1].lower() not in _APP_SCHEMES):
        return "https", address
    scheme, rest = match[1].lower(), address[match.end() :]
    if scheme in ("http", "https") and not rest.startswith("//"):
        _refuse(AddressProblem.NOT_AN_ADDRESS)
    if _is_port(rest) and scheme not in _APP_SCHEMES | _SCHEMES_BEFORE_NUMBERS:
        _refuse(AddressProblem.LOCAL_NETWORK)
    return scheme, rest.removeprefix("//")


def _is_port(rest: str) -> bool:
    """True where `name:8080/…` is a host and a port rather than a scheme."""
    return re.fullmatch(r"[0-9]{1,5}(?:/.*)?", rest) is not None


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        _refuse(AddressProblem.NOT_AN_ADDRESS)
    return parts


def _check_host(parts: SplitResult) -> str:
    """The host, one of YouTube's. Raises InvalidAddress for every other one."""
    authority = parts.netloc
    if "@" in authority:
        _refuse(AddressProblem.CREDENTIALS)
    if not authority.isascii():
        # Lower case turns some foreign letters into Latin ones (the Kelvin sign), so this comes before any comparison.
        _refuse(AddressProblem.NOT_YOUTUBE)
    host = (parts.hostname or "").removesuffix(".")
    if not host or ("." not in host and ":" not in host and not _is_number(host) and not parts.path.strip("/")):
        _refuse(AddressProblem.LOCAL_NETWORK if host == "localhost" else AddressProblem.NOT_AN_ADDRESS)
    if _is_local(host):
        _refuse(AddressProblem.LOCAL_NETWORK)
    if "%" in authority or (not _HOST.fullmatch(host) and "[" not in authority):
        _refuse(AddressProblem.STRANGE_CHARACTERS)
    if host not in _YOUTUBE_HOSTS:
        _refuse(AddressProblem.NOT_YOUTUBE)
    if parts.port not in (None, 80, 443):
        _refuse(AddressProblem.UNSUPPORTED_PORT)
    return host


def _is_local(host: str) -> bool:
    """True for names without a dot, private suffixes, and addresses by number that do not lead into the public net."""
    if "." not in host and ":" not in host:
        return True
    if host.endswith(_LOCAL_SUFFIXES):
        return True
    try:
        return not ip_address(host).is_global
    except ValueError:
        # Numbers that only some readers take for an address: 0177.0.0.1, 127.1, 0x7f.1.
        return all(_is_number(part) for part in host.split("."))


def _is_number(part: str) -> bool:
    return re.fullmatch(r"0x[0-9a-f]+|[0-9]+", part) is not None


def _read_app_address(rest: str, *, redirects_left: int) -> VideoAddress:
    """`vnd.youtube:ID`, `vnd.youtube://ID?t=9`, or a web address behind the application's scheme."""
    video_id, _, parameters = rest.partition("?")
    if is_video_id(video_id.rstrip("/")):
        return _video(video_id.rstrip("/"), _parameters(parameters), fragment="")
    if "." not in rest.partition("/")[0] or redirects_left <= 0:
        _refuse(AddressProblem.NO_VIDEO)
    return _read_address(f"https://{rest}", redirects_left=redirects_left - 1)


def _read_parts(host: str, parts: SplitResult, query: dict[str, list[str]], *, redirects_left: int) -> VideoAddress:
    path = [part for part in parts.path.split("/") if part]
    if "%" in parts.path or ".." in path:
        _refuse(AddressProblem.STRANGE_CHARACTERS)
    first = path[0].lower() if path else ""
    if first in _REDIRECTS and _REDIRECTS[first] in query:
        return _follow(query[_REDIRECTS[first]][0], redirects_left)
    if host.startswith("consent."):
        _refuse(AddressProblem.NO_VIDEO)
    named = _parameters(parts.fragment.lstrip("!?&")) | query
    if "v" in named and len(path) < 2 and first in _QUERY_PATHS:
        return _video(_one(named["v"]), query, parts.fragment)
    written = _id_in_path(host, path)
    if written is not None and written.lower() not in _RESERVED_IDS:
        return _video(written, query, parts.fragment)
    raise InvalidAddress(
        _missing_video_problem(first, written, query, parts.fragment), _find_list(path, named.get("list", [""])[0])
    )


def _parameters(query: str) -> dict[str, list[str]]:
    try:
        return parse_qs(query, max_num_fields=100)
    except ValueError:
        _refuse(AddressProblem.STRANGE_CHARACTERS)


def _follow(target: str, redirects_left: int) -> VideoAddress:
    if redirects_left <= 0:
        _refuse(AddressProblem.NO_VIDEO)
    address = f"https://www.youtube.com{target}" if target.startswith("/") and target[1:2] != "/" else target
    return _read_address(address, redirects_left=redirects_left - 1)


def _one(values: list[str]) -> str:
    if len(set(values)) > 1:
        _refuse(AddressProblem.SEVERAL_VIDEOS)
    return values[0]


def _id_in_path(host: str, path: list[str]) -> str | None:
    """The part of the path that stands where an id does, or None."""
    if len(path) > 1 and path[0].lower() in _ID_PATHS:
        return path[1]
    if path and host in _SHORT_HOSTS:
        return path[0]
    return None


def _missing_video_problem(
    first: str, written: str | None, query: dict[str, list[str]], fragment: str
) -> AddressProblem:
    if first.startswith("@") or first in _CHANNEL_PATHS or written == "live_stream":
        return AddressProblem.CHANNEL
    if first == "playlist" or "list" in query or "list=" in fragment:
        return AddressProblem.PLAYLIST
    return AddressProblem.NO_VIDEO


def _find_list(path: list[str], playlist_id: str) -> ListAddress | None:
    """The channel of the path, or else the playlist; None where their ids have not the shape of any."""
    first = path[0].lower() if path else ""
    if first.startswith("@"):
        return _named(ListKind.HANDLE, path[0][1:], _CHANNEL_NAME)
    if first in _LIST_KINDS and len(path) > 1:
        kind = _LIST_KINDS[first]
        return _named(kind, path[1], _CHANNEL_ID if kind is ListKind.CHANNEL_ID else _CHANNEL_NAME)
    return _named(ListKind.PLAYLIST, playlist_id, _PLAYLIST_ID)


def _named(kind: ListKind, name: str, shape: re.Pattern[str]) -> ListAddress | None:
    return ListAddress(kind=kind, name=name) if shape.fullmatch(name) else None


def _video(written: str, query: dict[str, list[str]], fragment: str) -> VideoAddress:
    """The video of an id and what else the address says. A second `?` or a lost one behind the id is forgiven."""
    video_id, separator, behind = _first_split(written.strip(" "))
    if not is_video_id(video_id):
        _refuse(AddressProblem.BAD_VIDEO_ID)
    extra = _parameters(behind) if separator else {}
    of_fragment = _parameters(fragment.lstrip("!?&"))
    if any(
        _first_split(other.strip(" "))[0] != video_id
        for found in (extra, of_fragment, query)
        for other in found.get("v", [])
    ):
        _refuse(AddressProblem.SEVERAL_VIDEOS)
    named = extra | of_fragment | query
    starts = (named.get(name, [""])[0] for name in ("t", "start", "time_continue"))
    start_ms = next((time_ms for text in starts if (time_ms := parse_time_parameter(text)) is not None), None)
    playlist_id = named.get("list", [""])[0]
    return VideoAddress(
        video_id=video_id,
        start_ms=start_ms,
        playlist_id=playlist_id if _PLAYLIST_ID.fullmatch(playlist_id) else None,
    )


def _first_split(written: str) -> tuple[str, str, str]:
    match = re.search(r"[?&#/]", written)
    return (written, "", "") if match is None else (written[: match.start()], match[0], written[match.end() :])
