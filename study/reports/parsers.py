"""Bodies that are text: a vignette file in YAML, answers in JSON Lines. Too long ones are refused unread."""

from collections.abc import Mapping
from typing import IO, Any, ClassVar

from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser

from study.protocol.errors import InvalidInput

MIB = 1024 * 1024
BODY = "body"


class TooLong(APIException):
    status_code = 413
    default_detail = "The body is too long. Nothing was stored."
    default_code = "too_long"


class BoundedParser(BaseParser):
    """Read at most `limit` bytes of body."""

    limit: ClassVar[int] = MIB

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002  the framework's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> dict[str, bytes]:
        content: bytes = stream.read(self.limit + 1)
        if len(content) > self.limit:
            raise TooLong
        return {BODY: content}


class YamlParser(BoundedParser):
    media_type = "application/yaml"


class JsonLinesParser(BoundedParser):
    """Answers of a whole study: some hundred texts with their provenance; more come in parts."""

    media_type = "application/x-ndjson"
    limit = 8 * MIB


def body_of(data: Any) -> bytes:
    """Return the bytes that a bounded parser read; raises InvalidInput when there was no body."""
    content = data.get(BODY) if isinstance(data, Mapping) else None
    if not isinstance(content, bytes):
        raise InvalidInput("The body is missing. Nothing was stored.")
    return content


def text_of(data: Any) -> str:
    """Return the body as text; raises InvalidInput when it is missing or not UTF-8."""
    try:
        return body_of(data).decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"The body is not UTF-8: {error.reason} at byte {error.start}. Nothing was stored."
        raise InvalidInput(message) from error
