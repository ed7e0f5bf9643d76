"""One line that says what is being done, on a terminal only."""

from __future__ import annotations

from types import TracebackType
from typing import Self, TextIO

from core.domain.run import STAGE_START_RATIO, Stage, StageReport

_CLEAR_LINE = "\r\x1b[K"
_NAMES = {
    Stage.QUEUED: "Starting",
    Stage.FETCHING: "Fetching captions",
    Stage.READING: "Reading",
    Stage.CHAPTERS: "Finding chapters",
    Stage.WRITING: "Writing",
    Stage.CHECKING: "Checking",
    Stage.DONE: "Done",
}


class ProgressLine:
    """Rewrites one line; leaves nothing behind, and writes nothing at all where nobody watches."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_shown = stream.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._put("")

    def show(self, report: StageReport) -> None:
        percent = round(100 * STAGE_START_RATIO[report.stage])
        detail = f": {report.detail}" if report.detail else ""
        self._put(f"{percent:3d} %  {_NAMES[report.stage]}{detail}")

    def _put(self, text: str) -> None:
        if self._is_shown:
            self._stream.write(_CLEAR_LINE + text)
            self._stream.flush()
