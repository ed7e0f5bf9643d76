"""An engine process that does not come to an end: `python -m tests.factories.stuck_engine WHAT`.

WHAT is a stage, which it enters and never leaves; `chatter`, where it reports two hundred times a second; or `crash`,
`nonsense`, `silence` for the ways to end badly.
"""

from __future__ import annotations

import sys
import time

from core.domain.run import Stage, StageReport
from core.jobs.messages import EngineEvent, WorkCrashed, decode_order, encode_event


def main(what: str) -> None:
    decode_order(sys.stdin.buffer.readline())
    if what == "crash":
        tell(WorkCrashed(kind="ZeroDivisionError", where="ranking.py:42"))
    elif what == "nonsense":
        sys.stdout.write("[]\n")
    elif what == "chatter":
        for share in range(400):
            tell(StageReport(stage=Stage.READING, share=share / 400, detail=str(share)))
            time.sleep(0.005)
    elif what != "silence":
        tell(StageReport(stage=Stage(what), share=0.5, detail="half of it"))
        sys.stdin.buffer.read()


def tell(event: EngineEvent) -> None:
    sys.stdout.buffer.write(encode_event(event))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1])
