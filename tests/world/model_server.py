"""An endpoint that speaks OpenAI's chat completions, in threads of this process; what it answers is a function's."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Vendors cache prompts from so many tokens on, in steps of so many.
_LEAST_CACHED, _CACHE_STEP = 1_024, 128
_PIECE = re.compile(r"[A-Za-z]{1,7}|\d{1,3}|[^\sA-Za-z\d]")
_CHUNK_CHARS = 400


class Fault(StrEnum):
    """What goes wrong with one call. HANG sends nothing for `hang_s`; CUT ends the stream in the middle."""

    SERVER_ERROR = "server_error"
    RATE_LIMITED = "rate_limited"
    NO_QUOTA = "no_quota"
    HANG = "hang"
    CUT = "cut"
    TOO_LONG = "too_long"
    CONTEXT_TOO_LONG = "context_too_long"
    REFUSED = "refused"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One call as it came. `form` is the type of response_format, "text" without; `tokens` is what it was billed at."""

    number: int
    model: str
    system: str
    user: str
    form: str
    schema: str
    most_output_tokens: int | None
    tokens: tuple[int, int, int] = (0, 0, 0)


Answers = Callable[[Asked], str]


@dataclass
class Rules:
    """How the endpoint behaves. `faults` by the number of the call, from 1; `most_prompt_chars`: longer prompts are
    refused as too long for the context; `most_answer_chars`: longer answers end with "length".
    """

    faults: dict[int, Fault] = field(default_factory=dict)
    forms: frozenset[str] = frozenset({"json_schema", "json_object", "text"})
    delay_s: float = 0.0
    hang_s: float = 5.0
    most_prompt_chars: int | None = None
    most_answer_chars: int | None = None
    caches: bool = True


class ModelServer:
    """`base_url` is what OPENAI_BASE_URL wants; `journal` holds every call in the order they came."""

    def __init__(self, answers: Answers, rules: Rules) -> None:
        self._answers = answers
        self.rules = rules
        self.journal: list[Asked] = []
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def __enter__(self) -> ModelServer:
        server = self

        class Handler(_Handler):
            owner = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def take(self, body: dict[str, object]) -> Asked:
        """Notes the call, without the tokens of its answer."""
        messages: list[dict[str, str]] = body["messages"]  # type: ignore[assignment]
        shape: dict[str, object] = body.get("response_format") or {"type": "text"}  # type: ignore[assignment]
        schema = json.dumps(shape.get("json_schema")) if "json_schema" in shape else ""
        most = body.get("max_completion_tokens", body.get("max_tokens"))
        system = "\n".join(row["content"] for row in messages if row["role"] in {"system", "developer"})
        with self._lock:
            asked = Asked(
                number=len(self.journal) + 1,
                model=str(body.get("model")),
                system=system,
                user="\n".join(row["content"] for row in messages if row["role"] == "user"),
                form=str(shape["type"]),
                schema=schema,
                most_output_tokens=most if isinstance(most, int) else None,
                tokens=self._tokens(system, messages, schema),
            )
            self.journal.append(asked)
            return asked

    def answer(self, asked: Asked) -> str:
        self._closing.wait(self.rules.delay_s)
        return self._answers(asked)

    def hang(self) -> None:
        self._closing.wait(self.rules.hang_s)

    def _tokens(self, system: str, messages: list[dict[str, str]], schema: str) -> tuple[int, int, int]:
        prompt = sum(count_tokens(row["content"]) for row in messages) + count_tokens(schema) + 8
        prefix = count_tokens(schema) + count_tokens(system)
        is_known = schema + system in self._seen
        self._seen.add(schema + system)
        cached = prefix - prefix % _CACHE_STEP if self.rules.caches and is_known and prefix >= _LEAST_CACHED else 0
        return prompt, cached, 0


def count_tokens(text: str) -> int:
    """Pieces as a tokeniser might cut them: not one that exists."""
    return len(_PIECE.findall(text))


class _Handler(BaseHTTPRequestHandler):
    owner: ModelServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_parts: object) -> None:
        return

    def do_POST(self) -> None:  # the name the library calls
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length))
        asked = self.owner.take(body)
        rules = self.owner.rules
        fault = rules.faults.get(asked.number)
        try:
            if not self._refuses(asked, fault, rules):
                self._answer(asked, fault, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _refuses(self, asked: Asked, fault: Fault | None, rules: Rules) -> bool:
        is_too_long = rules.most_prompt_chars is not None and len(asked.user) > rules.most_prompt_chars
        if asked.form not in rules.forms:
            self._fail(400, "unsupported_value", f"Invalid parameter: 'response_format' of type '{asked.form}' is not "
                       "supported with this model.")  # fmt: skip
        elif is_too_long or fault is Fault.CONTEXT_TOO_LONG:
            self._fail(400, "context_length_exceeded", "This model's maximum context length is 8192 tokens.")
        elif fault is Fault.SERVER_ERROR:
            self._fail(500, "server_error", "The server had an error.")
        elif fault is Fault.RATE_LIMITED:
            self._fail(429, "rate_limit_exceeded", "Rate limit reached.", {"retry-after-ms": "20"})
        elif fault is Fault.NO_QUOTA:
            self._fail(429, "insufficient_quota", "You exceeded your current quota.")
        elif fault is Fault.HANG:
            self.owner.hang()
            self.close_connection = True
        else:
            return False
        return True

    def _answer(self, asked: Asked, fault: Fault | None, body: dict[str, object]) -> None:
        content = "" if fault is Fault.EMPTY else self.owner.answer(asked)
        most = self.owner.rules.most_answer_chars
        reason = "stop"
        if fault is Fault.TOO_LONG or (most is not None and len(content) > most):
            content, reason = content[: most or len(content) // 2], "length"
        refusal = "I cannot help with that." if fault is Fault.REFUSED else None
        prompt, cached, _none = asked.tokens
        written = count_tokens(content)
        self.owner.journal[asked.number - 1] = _billed(asked, (prompt, cached, written))
        usage = {
            "prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written,
            "prompt_tokens_details": {"cached_tokens": cached},
        }  # fmt: skip
        if body.get("stream"):
            self._stream(content, reason, refusal, usage, is_cut=fault is Fault.CUT)
        else:
            message = {"role": "assistant", "content": None if refusal else content, "refusal": refusal}
            choice = {"index": 0, "message": message, "finish_reason": reason}
            self._send(200, {**_HEAD, "object": "chat.completion", "choices": [choice], "usage": usage})

    def _stream(
        self, content: str, reason: str, refusal: str | None, usage: dict[str, object], *, is_cut: bool
    ) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        pieces = list(_deltas(content, refusal))
        for delta in pieces[: len(pieces) // 2] if is_cut else pieces:
            self._event({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        if is_cut:
            return
        self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        self._event({"choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, data: dict[str, object]) -> None:
        line = json.dumps({**_HEAD, "object": "chat.completion.chunk", **data}, ensure_ascii=False)
        self.wfile.write(f"data: {line}\n\n".encode())

    def _fail(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        kind = "insufficient_quota" if code == "insufficient_quota" else "invalid_request_error"
        error = {"message": message, "type": kind, "param": None, "code": code}
        self._send(status, {"error": error}, headers)

    def _send(self, status: int, data: dict[str, object], headers: dict[str, str] | None = None) -> None:
        content = json.dumps(data, ensure_ascii=False).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


_HEAD: dict[str, object] = {"id": "chatcmpl-1", "created": 1_796_000_000, "model": "stand-in"}


def _billed(asked: Asked, tokens: tuple[int, int, int]) -> Asked:
    return Asked(
        number=asked.number, model=asked.model, system=asked.system, user=asked.user, form=asked.form,
        schema=asked.schema, most_output_tokens=asked.most_output_tokens, tokens=tokens,
    )  # fmt: skip


def _deltas(content: str, refusal: str | None) -> Iterator[dict[str, str]]:
    yield {"role": "assistant", "content": ""}
    if refusal:
        yield {"refusal": refusal}
        return
    for start in range(0, len(content), _CHUNK_CHARS):
        yield {"content": content[start : start + _CHUNK_CHARS]}
        time.sleep(0)
