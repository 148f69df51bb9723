"""Azure fails for longer than anybody waits: the command ends in time, and says what Azure answered."""

from __future__ import annotations

import time

import pytest
from werkzeug.wrappers import Request

from astro_peer.sandbox.faults.fault import Fault, Service
from astro_peer.sandbox.tenant.refusals import Refusal
from conftest import Inside

SECONDS_MORE = 15
"""What a busy machine may need beside --timeout: the start of the command, and the last answer."""


class _Refuses(Fault):
    """One service refuses everything, or everything that writes."""

    def __init__(self, service: Service, refusal: Refusal, *, writes_only: bool) -> None:
        super().__init__("refuses")
        self._service, self._refusal, self._writes_only = service, refusal, writes_only

    def before(self, request: Request, service: Service) -> bool:
        if service is self._service and (request.method != "GET" or not self._writes_only):
            raise self._refusal
        return False


def arrange(inside: Inside, service: Service, refusal: Refusal, *, writes_only: bool = False) -> None:
    inside.sandbox._app._faults = [_Refuses(service, refusal, writes_only=writes_only)]


BROKEN = Refusal(500, "InternalServerError", "Encountered internal server error.")
THROTTLED = Refusal(
    429, "TooManyRequests", "The request is being throttled.", headers={"Retry-After": "3600"}
)


@pytest.mark.parametrize("command", ["grant --yes", "revoke --yes", "status", "hubs"])
@pytest.mark.parametrize("refusal", [BROKEN, THROTTLED], ids=["500", "429"])
def test_a_failure_that_lasts_is_told_in_time(inside: Inside, command: str, refusal: Refusal) -> None:
    arrange(inside, Service.ARM, refusal)
    began = time.monotonic()
    ran = inside.run(*command.split(), "--timeout", "2", "-o", "json")
    assert time.monotonic() - began < 2 + SECONDS_MORE
    assert ran.code == 1
    error = ran.document["error"]
    assert error["code"] == refusal.code
    assert error["correlation_id"]
    assert "astro-peer " in error["meaning"]
    assert "connection" not in error["meaning"]


def test_a_write_that_is_throttled_for_an_hour_is_not_waited_for(inside: Inside) -> None:
    arrange(inside, Service.ARM, THROTTLED, writes_only=True)
    began = time.monotonic()
    ran = inside.run("grant", "--yes", "--timeout", "20", "-o", "json")
    assert time.monotonic() - began < 20 + SECONDS_MORE
    assert ran.document["error"]["code"] == "TooManyRequests"
    assert inside.ours()["assignments"] == []


@pytest.mark.parametrize("refusal", [BROKEN, THROTTLED], ids=["500", "429"])
def test_a_sign_in_service_that_fails_is_not_waited_for_either(inside: Inside, refusal: Refusal) -> None:
    arrange(inside, Service.SIGN_IN, refusal, writes_only=True)
    began = time.monotonic()
    ran = inside.run("hubs", "--timeout", "2")
    assert time.monotonic() - began < 2 + SECONDS_MORE
    assert ran.code == 8, ran.err
    assert "Traceback" not in ran.err
