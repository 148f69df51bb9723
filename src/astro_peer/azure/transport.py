"""The connections under every call: proxies and certificate bundles from the environment, nothing else from it.

`requests` would also take user names and passwords from a .netrc file, and put them in the place of a token.

Whatever a server does, a request ends: by the command's deadline, and by a limit of its own. What comes back is made
fit to be read (`answers`).
"""

from __future__ import annotations

import ssl
import threading
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseTimeoutError
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import DEFAULT_CA_BUNDLE_PATH  # type: ignore[attr-defined]
from urllib3.util.ssl_ import create_urllib3_context

from astro_peer import secrets_in_use, urls
from astro_peer.azure import answers
from astro_peer.azure.answers import TimeIsUp
from astro_peer.azure.policy_tokens import ACQUIRE_PATH, EVALUATIONS_HEADER
from astro_peer.waiting import Deadline

CONNECT_TIMEOUT_SECONDS = 20
ANSWER_TIMEOUT_SECONDS = 90
_MOST_CONNECTIONS = 24
"""Kept open: as many as reads go on side by side."""
_CREDENTIAL_FIELDS = ("client_secret", "client_assertion", "assertion", "refresh_token", "code", "password")


class Transport(RequestsTransport):  # type: ignore[misc]
    """One pool of connections, safe to share between clients. With `only`, it speaks to that origin alone.

    `only` is for signing in: the address of the token endpoint comes from a server, and the secret goes there. So is
    the deadline, as the pipeline under signing in is the SDK's own. Where the endpoint comes from the environment, as a
    managed identity's does, `signing_in` says so.
    """

    def __init__(
        self,
        only: str | None = None,
        deadline: Deadline | None = None,
        *,
        signing_in: bool = False,
        connect_seconds: float = CONNECT_TIMEOUT_SECONDS,
    ) -> None:
        super().__init__(connection_timeout=connect_seconds, read_timeout=ANSWER_TIMEOUT_SECONDS)
        self._connect_seconds = connect_seconds
        self._signing_in = signing_in or only is not None
        self._only = urls.origin(only) if only else None
        self._deadline = deadline or Deadline()
        self._costs = threading.local()

    @property
    def cost_so_far(self) -> int:
        """Of all answers to this thread: what a list of many pages is measured by."""
        return int(getattr(self._costs, "sum", 0))

    def _init_session(self, session: requests.Session) -> None:
        super()._init_session(session)
        session.auth = _as_it_is  # with none at all, requests looks into .netrc
        session.headers["Accept-Encoding"] = "gzip"
        for scheme in ("https://", "http://"):  # plain is the endpoint of a managed identity alone
            session.mount(scheme, _Reading(self._deadline, signing_in=self._signing_in))

    def send(self, request: Any, **options: Any) -> Any:
        """Raises TimeIsUp when the time for all work is."""
        if self._only is not None:
            request.url = require_origin(request.url, self._only)
        secrets_in_use.remember(_secrets_of(request))
        self.open()
        try:
            answer = self._in_time(request, options)
        except AzureError as error:  # it may quote what the server said in the place of HTTP
            error.message = answers.clean(str(error.message))
            error.args = (error.message,)
            raise
        self._costs.sum = self.cost_so_far + getattr(answer.internal_response, "cost", 0)
        return answer

    def sleep(self, duration: float) -> None:
        """Between two attempts. Raises TimeIsUp rather than sleep past the deadline."""
        if duration >= self._deadline.left():
            raise TimeIsUp
        super().sleep(duration)

    def _in_time(self, request: Any, options: dict[str, Any]) -> Any:
        """Sent by a thread of its own, which is left behind when the time is up: a look-up of a name, a handshake and
        headers that drip are ended by no time-out.
        """
        longest = sum(
            options.get(name, seconds)
            for name, seconds in (
                ("connection_timeout", self._connect_seconds),
                ("read_timeout", ANSWER_TIMEOUT_SECONDS),
            )
        )
        seconds = min(self._deadline.left_to_finish(), longest)
        if not seconds:
            raise TimeIsUp
        outcome: list[Any] = []
        done = threading.Event()

        def send() -> None:
            try:
                outcome.append(super(Transport, self).send(request, **options))
            except BaseException as error:  # noqa: BLE001  (raised again in the thread that waits)
                outcome.append(error)
            finally:
                done.set()

        threading.Thread(target=send, name="request", daemon=True).start()
        if not done.wait(seconds):
            if not self._deadline.left_to_finish():
                raise TimeIsUp
            raise ServiceResponseTimeoutError(f"The answer did not end within {seconds:.0f} seconds.")
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]


class _Reading(requests.adapters.HTTPAdapter):
    """Reads every answer to its end, in the one way that is bounded."""

    def __init__(self, deadline: Deadline, *, signing_in: bool) -> None:
        super().__init__(max_retries=0, pool_maxsize=_MOST_CONNECTIONS)
        self._deadline = deadline
        self._signing_in = signing_in

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, trust = super().build_connection_pool_key_attributes(request, verify, cert)
        with suppress(OSError):  # it is raised again, and explained, where the connection is made
            if verify:
                trust = {"cert_reqs": "CERT_REQUIRED", "ssl_context": _trusting(_authorities(verify))}
        return host, trust

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing is loaded once more for a connection whose context trusts it all; a proxy's has none of its own."""
        super().cert_verify(conn, url, verify, cert)
        if conn.proxy is None and conn.conn_kw.get("ssl_context"):
            conn.ca_certs = conn.ca_cert_dir = None

    def send(self, *args: Any, **options: Any) -> requests.Response:
        response: requests.Response = super().send(*args, **options)
        path = urlsplit(str(response.request.url)).path
        tokens_asked_for = self._signing_in or path.endswith(ACQUIRE_PATH)
        answers.read(response, self._deadline, tokens_asked_for=tokens_asked_for)
        return response


def _authorities(verify: Any) -> str:
    return DEFAULT_CA_BUNDLE_PATH if verify is True else str(verify)


@lru_cache(maxsize=4)
def _trusting(authorities: str) -> ssl.SSLContext:
    """One for all connections: to read a bundle of authorities takes as long as an answer of a server nearby."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    is_directory = Path(authorities).is_dir()
    context.load_verify_locations(
        None if is_directory else authorities, authorities if is_directory else None
    )
    return context


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


def _secrets_of(request: Any) -> list[str]:
    """Whatever a request carries to prove who sends it."""
    form = getattr(request, "data", None)
    fields = form if isinstance(form, dict) else {}
    return [
        str(request.headers.get("Authorization", "")).partition(" ")[2],
        str(request.headers.get(EVALUATIONS_HEADER, "")).rpartition(" ")[2],
        *(str(fields.get(name, "")) for name in _CREDENTIAL_FIELDS),
    ]


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
