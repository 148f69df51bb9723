"""Answers of another shape than Azure's: a proxy's page, null, a list where an object belongs, an object without ID.

They are refused where they come in. What is left to the reading of one object is `said`.
"""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError, DecodeError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import ContentDecodePolicy
from azure.core.rest import HttpResponse


class NotUnderstood(AzureError):
    """An answer that says success, in a form that is not Azure's."""


class _Asked(threading.local):
    path = ""


_asked = _Asked()


def last_asked() -> str:
    """The path of this thread's last request."""
    return _asked.path


class JsonPolicy(ContentDecodePolicy):
    """Reads the body, as SDKs expect it: an object, or nothing. A list's page without items has none, not null."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        _asked.path = urlsplit(request.http_request.url).path
        super().on_request(request)

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        answer = response.http_response
        try:
            super().on_response(request, response)
        except (DecodeError, RecursionError, ValueError) as error:
            if answer.status_code >= 400:
                return  # the status says enough
            raise NotUnderstood(f"{type(error).__name__} in the answer's body.") from error
        if answer.status_code >= 300 or not answer.text().strip():
            return
        read = response.context.get(self.CONTEXT_NAME)
        if not isinstance(read, dict):
            raise NotUnderstood(f"Where an object belongs, the answer holds {_described(read)}.")
        _fill_empty_page(read)
        if isinstance(answer, HttpResponse):
            _fill_empty_page(answer.json())


def _fill_empty_page(read: dict[str, Any]) -> None:
    if read.get("value") is None and (not read or "value" in read or "nextLink" in read):
        read["value"] = []


def _described(read: object) -> str:
    return {type(None): "nothing", str: "a text", list: "a list"}.get(type(read), "something else")


def said(value: object, what: str) -> str:
    """A text that an object cannot be without. Raises ValueError."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"An object has no {what}.")
    return value
