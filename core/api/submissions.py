"""What a client may send to have summarised: JSON with an address or a transcript, or a form with a file."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from core.api.problems import BadRequest, UnsupportedMediaType, invalid_fields
from core.api.uploads import FileFields, file_request
from core.domain.library import AddressRequest, CaptionsRequest, SummaryOptions, SummaryRequest
from core.domain.output_languages import output_language
from core.domain.summary import EngineName, Length
from core.errors import InvalidInput

_LONGEST_NAME_CHARS = 200


def _one_line(text: str) -> str:
    """Without line breaks, control characters and the marks that turn text around."""
    kept = "".join(char for char in text if char.isprintable() or char.isspace())
    return " ".join(kept.split())


Title = Annotated[str, Field(max_length=500), AfterValidator(_one_line)]
# A BCP 47 tag as far as a caption list needs it: "en", "pt-BR", "zh-Hans".
Language = Annotated[str, Field(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
Format = Annotated[str, Field(max_length=10, pattern=r"^[A-Za-z0-9]+$")]


def _can_be_written(tag: str) -> str:
    if output_language(tag) is None:
        raise ValueError("summaries are not written in this language; leave it out for the language that is spoken")
    return tag


OutputLanguage = Annotated[Language, AfterValidator(_can_be_written)]
_ABOUT_ENGINE = "Who writes the summary. Without it the best that this server has; offline needs no key."
_ABOUT_OUTPUT = "The language to write in. Without it the one that is spoken; the offline engine has no choice of it."
_ABOUT_FILE = (
    "Captions, or, where the server listens, a recording (audio or video). Which of them is told from the content."
)
_ABOUT_LENGTH = "How much the language model writes; the offline engine has one length."


class Chosen(BaseModel):
    """What may be chosen in either form of a request."""

    engine: EngineName | None = Field(None, description=_ABOUT_ENGINE)
    output_language: OutputLanguage | None = Field(None, description=_ABOUT_OUTPUT)
    length: Length = Field(Length.STANDARD, description=_ABOUT_LENGTH)

    @property
    def options(self) -> SummaryOptions:
        return SummaryOptions(engine=self.engine, language=self.output_language, length=self.length)


class Submission(Chosen):
    """Either `url` (a YouTube address or video id) or `transcript` (the text of a caption file, or plain text)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: Annotated[str, Field(max_length=4096)] | None = None
    transcript: str | None = None
    format: Format | None = Field(None, description="A hint, for example srt or vtt; the content decides.")
    title: Title | None = None
    language: Language | None = Field(
        None, description="Of an address: the captions to prefer. Of a transcript: its own."
    )

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.url is None) == (self.transcript is None):
            raise ValueError("give either url or transcript")
        return self

    def as_request(self) -> SummaryRequest:
        if self.url is not None:
            return AddressRequest(address=self.url, languages=(self.language or "en",), options=self.options)
        content = (self.transcript or "").encode("utf-8", "replace")
        return CaptionsRequest(
            content=content, title=self.title or None, language=self.language, is_pasted=True, options=self.options
        )


class UploadFields(Chosen):
    """The fields of a form beside its file; others (a button's name, say) are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    title: Title | None = None
    language: Language | None = None


async def read_submission(request: Request) -> SummaryRequest:
    """What was sent, as a request to the service; InvalidInput says which field is wrong, and never repeats it."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        return _from_json(await request.body())
    if kind == "multipart/form-data":
        return await _from_form(request)
    raise UnsupportedMediaType("Send the request as application/json, or a file as multipart/form-data.")


def _from_json(body: bytes) -> SummaryRequest:
    try:
        return Submission.model_validate_json(body).as_request()
    except ValidationError as error:
        raise shown(error) from None


async def _from_form(request: Request) -> SummaryRequest:
    try:
        async with request.form(max_files=1, max_fields=12, max_part_size=64 * 1024) as form:
            return await _from_fields(form)
    except HTTPException:
        raise BadRequest(
            "The form could not be read. Send one file in the field file, and short text fields."
        ) from None


async def _from_fields(form: FormData) -> SummaryRequest:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise InvalidInput("The form holds no file: send the captions in the field named file.")
    texts = {name: value for name, value in form.items() if isinstance(value, str) and value.strip()}
    try:
        fields = UploadFields.model_validate(texts)
    except ValidationError as error:
        raise shown(error) from None
    beside = FileFields(title=fields.title or None, language=fields.language, options=fields.options)
    return await file_request(file, _safe_name(file.filename), beside)


def upload_schema() -> dict[str, object]:
    """JSON Schema of the form with a file."""
    fields = UploadFields.model_json_schema()
    file = {"type": "string", "format": "binary", "description": _ABOUT_FILE}
    return {**fields, "properties": {"file": file, **fields["properties"]}, "required": ["file"]}


def _safe_name(filename: str | None) -> str | None:
    """The last part of a file's name; whatever path came with it is none of our business."""
    name = _one_line((filename or "").replace("\\", "/").rpartition("/")[2])[-_LONGEST_NAME_CHARS:]
    return name or None


def shown(error: ValidationError) -> InvalidInput:
    rows = error.errors(include_url=False, include_context=False, include_input=False)
    return invalid_fields([(row["loc"], row["msg"].removeprefix("Value error, ")) for row in rows])
