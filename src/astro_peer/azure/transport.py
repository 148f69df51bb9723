"""The connections under every call: proxies and certificate bundles from the environment, nothing else from it.

`requests` would also take user names and passwords from a .netrc file, and put them in the place of a token.
"""

from __future__ import annotations

from typing import Any

import requests
from azure.core.exceptions import ServiceRequestError, ServiceResponseTimeoutError
from azure.core.pipeline.transport import RequestsTransport

from astro_peer import urls
from astro_peer.waiting import Deadline

CONNECT_TIMEOUT_SECONDS = 20
ANSWER_TIMEOUT_SECONDS = 90
_TIME_IS_UP = "It did not answer as it should within the time that --timeout allows."


class Transport(RequestsTransport):  # type: ignore[misc]
    """One pool of connections, safe to share between clients. With `only`, it speaks to that origin alone.

    `only` is for signing in: the address of the token endpoint comes from a server, and the secret goes there. So is
    the deadline, as the pipeline under signing in is the SDK's own.
    """

    def __init__(self, only: str | None = None, deadline: Deadline | None = None) -> None:
        super().__init__(connection_timeout=CONNECT_TIMEOUT_SECONDS, read_timeout=ANSWER_TIMEOUT_SECONDS)
        self._only = urls.origin(only) if only else None
        self._deadline = deadline

    def _init_session(self, session: requests.Session) -> None:
        super()._init_session(session)
        session.auth = _as_it_is  # with none at all, requests looks into .netrc

    def send(self, request: Any, **options: Any) -> Any:
        if self._only is not None:
            request.url = require_origin(request.url, self._only)
        if self._deadline is not None:
            left = self._deadline.left_to_finish()
            if not left:
                raise ServiceResponseTimeoutError(_TIME_IS_UP)
            options |= {
                "connection_timeout": min(CONNECT_TIMEOUT_SECONDS, left),
                "read_timeout": min(ANSWER_TIMEOUT_SECONDS, left),
            }
        return super().send(request, **options)

    def sleep(self, duration: float) -> None:
        """Between two attempts. Raises ServiceResponseTimeoutError rather than sleep past the deadline."""
        if self._deadline is not None and duration >= self._deadline.left():
            raise ServiceResponseTimeoutError(_TIME_IS_UP)
        super().sleep(duration)


def require_origin(url: str, origin: str) -> str:
    """The URL, rebuilt from its parsed parts. Raises ServiceRequestError for one of any other origin."""
    try:
        parsed = urls.parse(url)
    except ValueError:
        raise ServiceRequestError(f"Refused to connect to {url!r}: it is not {origin}.") from None
    if parsed.origin != origin:
        raise ServiceRequestError(
            f"Refused to send a token or a secret to {parsed.origin}: it is not {origin}."
        )
    return str(parsed)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
