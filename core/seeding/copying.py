"""Rows in the binary form of Postgres' COPY, made of whole columns at once.

The form: a count of fields, then for each field its length and its bytes, all big-endian; a length of −1 is NULL.
See the manual, COPY, "Binary Format". Times are microseconds since 2000.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.seeding.arrays import Flags, Ints
from core.seeding.columns import Rows
from core.seeding.counting import Sums
from core.seeding.plan import MINUTE_US

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
SUM_COLUMNS = ("at", "total", "count", "writer", "series_id", "histogram")
EVENT_COLUMNS = ("ts", "value", "series_id", "bucket", "weight", "request_id", "person", "detail")
_BEFORE_2000_US = 946_684_800_000_000
_NULL = -1
_JSONB_VERSION = b"\x01"

_SUM = np.dtype([
    ("fields", ">i2"), ("at_bytes", ">i4"), ("at", ">i8"), ("total_bytes", ">i4"), ("total", ">f8"),
    ("count_bytes", ">i4"), ("count", ">i4"), ("writer_bytes", ">i4"), ("writer", ">i4"),
    ("series_bytes", ">i4"), ("series", ">i2"), ("histogram_bytes", ">i4"),
])  # fmt: skip
_PAIR = np.dtype([("bucket", "<u2"), ("count", "<u4")])
_EVENT = np.dtype([
    ("fields", ">i2"), ("at_bytes", ">i4"), ("at", ">i8"), ("value_bytes", ">i4"), ("value", ">f4"),
    ("series_bytes", ">i4"), ("series", ">i2"), ("bucket_bytes", ">i4"), ("bucket", ">i2"),
    ("weight_bytes", ">i4"), ("weight", ">i2"), ("request_bytes", ">i4"), ("request", ">u8", 2),
    ("person_bytes", ">i4"), ("person", ">u8", 2), ("detail_bytes", ">i4"),
])  # fmt: skip


def sum_rows(sums: Sums, series_ids: Ints, writer: int) -> bytes:
    """Rows of a table of sums; the histogram as core.telemetry.buckets packs it."""
    pairs = np.diff(np.append(sums.first_pair, len(sums.pair_bucket)))
    head = np.zeros(len(sums.minute), dtype=_SUM)
    _set_lengths(head, {"at": 8, "total": 8, "count": 4, "writer": 4, "series": 2})
    head["fields"] = len(SUM_COLUMNS)
    head["at"] = sums.minute * MINUTE_US - _BEFORE_2000_US
    head["total"], head["count"], head["writer"] = sums.total, sums.count, writer
    head["series"] = series_ids[sums.series]
    head["histogram_bytes"] = pairs * _PAIR.itemsize
    body = np.empty(len(sums.pair_bucket), dtype=_PAIR)
    body["bucket"], body["count"] = sums.pair_bucket, sums.pair_count
    return _interleaved(head, body, pairs)


def event_rows(
    rows: Rows, *, series_ids: Ints, bucket: Ints, weight: Ints, people: NDArray[np.uint64], details: list[str]
) -> bytes:
    """Rows of `events`; `series_ids` one a row, `people` the two halves of each account's id."""
    head = np.zeros(len(rows), dtype=_EVENT)
    _set_lengths(head, {"at": 8, "value": 4, "series": 2, "bucket": 2, "weight": 2})
    head["fields"] = len(EVENT_COLUMNS)
    head["at"] = rows.at_us - _BEFORE_2000_US
    head["value"], head["series"], head["bucket"], head["weight"] = rows.value, series_ids, bucket, weight
    head["request"] = rows.request
    has_request, has_person, has_detail = rows.request[:, 0] > 0, rows.person >= 0, rows.detail > 0
    head["person"][has_person] = people[rows.person[has_person]]
    head["request_bytes"] = np.where(has_request, 16, _NULL)
    head["person_bytes"] = np.where(has_person, 16, _NULL)
    texts = [_JSONB_VERSION + text.encode() if text else b"" for text in details]
    longest = max(map(len, texts))
    lengths = np.array([len(text) for text in texts])[rows.detail]
    head["detail_bytes"] = np.where(has_detail, lengths, _NULL)
    tail = np.frombuffer(b"".join(text.ljust(longest) for text in texts), dtype=np.uint8).reshape(-1, longest)
    bytes_ = np.concatenate([_bytes_of(head), tail[rows.detail]], axis=1)
    shown = np.ones(bytes_.shape, dtype=np.bool_)
    _hide(shown, "request", ~has_request)
    _hide(shown, "person", ~has_person)
    shown[:, _EVENT.itemsize :] = np.arange(longest) < lengths[:, None]
    return bytes_[shown].tobytes()


def _hide(shown: NDArray[np.bool_], name: str, rows: Flags) -> None:
    """Leaves out the bytes of a field that is NULL."""
    assert _EVENT.fields is not None  # noqa: S101  # it is made of fields
    kind, offset = _EVENT.fields[name][:2]
    shown[np.flatnonzero(rows)[:, None], np.arange(offset, offset + kind.itemsize)] = False


def _set_lengths(head: NDArray[np.void], lengths: dict[str, int]) -> None:
    for name, length in lengths.items():
        head[f"{name}_bytes"] = length


def _bytes_of(records: NDArray[np.void]) -> NDArray[np.uint8]:
    return records.view(np.uint8).reshape(len(records), records.dtype.itemsize)


def _interleaved(head: NDArray[np.void], body: NDArray[np.void], parts: Ints) -> bytes:
    """Each head with its own `parts` of the body after it."""
    lengths = np.empty(2 * len(head), dtype=np.int64)
    lengths[0::2], lengths[1::2] = head.dtype.itemsize, parts * body.dtype.itemsize
    is_head = np.repeat(np.tile([True, False], len(head)), lengths)
    joined = np.empty(len(is_head), dtype=np.uint8)
    joined[is_head] = head.view(np.uint8).ravel()
    joined[~is_head] = body.view(np.uint8).ravel()
    return joined.tobytes()
