"""yt-dlp (the extra `yt`) with all its requests sent through a session of ours. Imported only where it is installed.

Its own transport has no deadline and no largest size, and its errors are text alone; through our session every request
is bounded and counted, and what failed on the wire is known by type.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping

import requests

# Its own transport by requests puts other functions into requests and urllib3, for everybody in this process. It is
# not needed here: to yt-dlp it is as if it could not be imported.
sys.modules.setdefault("yt_dlp.networking._requests", None)  # type: ignore[arg-type]

import yt_dlp  # type: ignore[import-untyped]  # noqa: E402
from yt_dlp.networking.common import Request, Response  # type: ignore[import-untyped]  # noqa: E402
from yt_dlp.networking.exceptions import HTTPError, TransportError  # type: ignore[import-untyped]  # noqa: E402

from core.integrations.calls import OnCall  # noqa: E402
from core.integrations.youtube_session import BoundedSession  # noqa: E402

__all__ = ["ExtractionFailed", "OnCall", "extract"]

# "js" would start a program to unlock the sound and pictures, the others are two more requests: captions need neither.
_YOUTUBE_ARGUMENTS = {"youtube": {"player_skip": ["configs", "js", "initial_data"]}}
_OPTIONS: dict[str, object] = {
    "quiet": True,
    "no_warnings": True,
    "noprogress": True,
    "cachedir": False,
    "retries": 0,
    "extractor_retries": 0,
    "ignore_no_formats_error": True,
    "js_runtimes": {},
    # Without this the tracks that YouTube made by listening are left out.
    "writesubtitles": True,
    "writeautomaticsub": True,
    "extractor_args": _YOUTUBE_ARGUMENTS,
}


class ExtractionFailed(Exception):
    """yt-dlp gave up. `said` is its text (it may hold addresses: never to be logged), `cause` what broke the wire."""

    def __init__(self, said: str, cause: Exception | None) -> None:
        super().__init__("yt-dlp gave up")
        self.said = said
        self.cause = cause


def extract(session: BoundedSession, address: str, options: Mapping[str, object], *, whole: bool) -> dict[str, object]:
    """What yt-dlp knows of the address; with `whole` its entries are worked out too. Raises ExtractionFailed."""
    downloader = _Downloader({**_OPTIONS, "logger": _Silence(), **options}, session)
    try:
        info = downloader.extract_info(address, download=False, process=whole)
    except yt_dlp.utils.YoutubeDLError as error:
        raise ExtractionFailed(str(error), downloader.broke) from None
    if not isinstance(info, dict):
        raise ExtractionFailed("", downloader.broke)
    return info


class _Downloader(yt_dlp.YoutubeDL):  # type: ignore[misc]  # it has no types
    def __init__(self, options: dict[str, object], session: BoundedSession) -> None:
        super().__init__(options)
        self.broke: Exception | None = None
        self._session = session
        # yt-dlp sets cookies by itself, the answer to YouTube's notice about them among these.
        session.cookies = self.cookiejar

    def urlopen(self, req: str | Request) -> Response:
        request = Request(req) if isinstance(req, str) else req
        headers = {**self.params["http_headers"], **request.headers}
        sent = {name: value for name, value in headers.items() if not name.lower().startswith("ytdl-")}
        try:
            answer = self._session.request(request.method, request.url, data=request.data, headers=sent)
        except requests.RequestException as error:
            self.broke = error
            raise TransportError(type(error).__name__) from None
        response = Response(io.BytesIO(answer.content), answer.url, answer.headers, answer.status_code)
        if answer.status_code >= 400:
            raise HTTPError(response)
        return response


class _Silence:
    """A log that keeps nothing: what yt-dlp would print holds addresses with signatures."""

    def debug(self, message: str) -> None: ...

    def info(self, message: str) -> None: ...

    def warning(self, message: str) -> None: ...

    def error(self, message: str) -> None: ...
