"""Faults that bend requests and answers as they come."""

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from werkzeug.wrappers import Request

from astro_peer.sandbox.faults.fault import ConnectionCut, Fault, Maker, Service, number
from astro_peer.sandbox.tenant import policy_tokens, refusals
from astro_peer.sandbox.tenant.clock import Clock, timestamp
from astro_peer.sandbox.tenant.paths import split
from astro_peer.sandbox.tenant.refusals import Refusal
from astro_peer.sandbox.tenant.state import Tenant


class _Latency(Fault):
    """Every answer takes so much longer; only the metadata of the sandbox's cloud is there at once, as Azure's is."""

    def __init__(self, text: str, milliseconds: int) -> None:
        super().__init__(text)
        self._seconds = milliseconds / 1000

    def before(self, request: Request, service: Service) -> bool:
        if not request.path.startswith("/metadata/"):
            time.sleep(self._seconds)
        return True


class _FastClock(Fault):
    """Every request takes so much of the tenant's time: lags pass without anybody waiting for them."""

    def __init__(self, text: str, seconds: int) -> None:
        super().__init__(text)
        self._seconds = seconds
        self._clock: Clock | None = None

    def arrange(self, tenant: Tenant) -> None:
        self._clock = tenant.clock

    def before(self, request: Request, service: Service) -> bool:
        if self._clock:
            self._clock.advance(self._seconds)
        return False


class _Counted(Fault):
    """Counts the requests to Azure Resource Manager and Microsoft Graph, from 1, in the order they arrive."""

    def __init__(self, text: str, number: int, seen: int = 0) -> None:
        super().__init__(text)
        self._number = number
        self._seen = seen
        self._guard = threading.Lock()

    def _count(self, service: Service) -> int:
        """This request's number; 0 for one to another service."""
        if service not in (Service.ARM, Service.GRAPH):
            return 0
        with self._guard:
            self._seen += 1
            return self._seen


class _RefuseEvery(_Counted):
    """Every Nth request is refused, with one refusal after the other; `seed` says where the counting begins."""

    def __init__(self, text: str, number: int, refusals: Sequence[Refusal], seed: int) -> None:
        if number < 2:
            raise ValueError("refusing every request, nothing would ever be done")
        super().__init__(text, number, seen=seed)
        self._refusals = refusals

    def before(self, request: Request, service: Service) -> bool:
        round_number, rest = divmod(self._count(service), self._number)
        if service in (Service.ARM, Service.GRAPH) and rest == 0:
            raise self._refusals[round_number % len(self._refusals)]
        return False


class _CutBefore(_Counted):
    """The connection of the Nth request is cut before it is processed."""

    def before(self, request: Request, service: Service) -> bool:
        if self._count(service) == self._number > 0:
            raise ConnectionCut
        return False


class _CutAfter(_Counted):
    """The Nth request is processed, but its connection is cut before the answer."""

    def after(self, request: Request, service: Service) -> None:
        if self._count(service) == self._number > 0:
            raise ConnectionCut


class _RefuseArm(Fault):
    """Azure Resource Manager refuses every request, or only those that write."""

    def __init__(self, text: str, refusal: Callable[[Tenant], Refusal], *, writes_only: bool = False) -> None:
        super().__init__(text)
        self._refusal = refusal
        self._writes_only = writes_only
        self._tenant: Tenant | None = None

    def arrange(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def before(self, request: Request, service: Service) -> bool:
        if service is Service.ARM and self._tenant and (not self._writes_only or _writes(request)):
            raise self._refusal(self._tenant)
        return False


class _ContinuousAccess(Fault):
    """Tokens are refused with a claims challenge until one has been asked for with those claims."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._answered = False

    def before(self, request: Request, service: Service) -> bool:
        if service is Service.SIGN_IN:
            self._answered |= bool(request.form.get("claims"))
        elif service is Service.ARM and not self._answered:
            raise refusals.continuous_access_evaluation(
                _challenge('{"access_token":{"nbf":{"essential":true}}}')
            )
        return False


def _writes(request: Request) -> bool:
    return request.method in ("PUT", "PATCH", "DELETE")


def _challenge(claims: str) -> str:
    encoded = base64.b64encode(claims.encode()).decode()
    return f'Bearer realm="", error="insufficient_claims", claims="{encoded}"'


def _mfa(tenant: Tenant) -> Refusal:
    return refusals.mfa_required(_challenge('{"access_token":{"acrs":{"essential":true,"values":["p1"]}}}'))


def _wrong_tenant(tenant: Tenant) -> Refusal:
    other = uuid5(NAMESPACE_DNS, f"not {tenant.id}")
    return refusals.wrong_tenant(f"https://sts.windows.net/{tenant.id}/", f"https://sts.windows.net/{other}/")


def _expired(tenant: Tenant) -> Refusal:
    now = timestamp(tenant.clock.now())
    return refusals.expired_token(now, now)


class _PolicyToken(Fault):
    """A write needs the token that Azure Policy gave for this very write."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._tenant: Tenant | None = None

    def arrange(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def before(self, request: Request, service: Service) -> bool:
        if service is not Service.ARM or request.method not in ("PUT", "PATCH") or self._tenant is None:
            return False
        token = request.headers.get("x-ms-policy-external-evaluations")
        operation = policy_tokens.Operation.of(request.method, request.path, _json(request))
        if not policy_tokens.accepted(self._tenant, token, operation):
            raise refusals.policy_token_missing("/" + "/".join(split(request.path)), "require-policy-token")
        return False


def _json(request: Request) -> Any:
    try:
        return json.loads(request.get_data() or b"null")
    except ValueError:
        return None


class _ApiVersion(Fault):
    """Azure Resource Manager does not know an API version, or none from that one on."""

    def __init__(self, text: str, argument: str) -> None:
        super().__init__(text)
        version = argument.removesuffix("-or-newer")
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(-preview)?", version):
            raise ValueError("not a version")
        self._version = version
        self._newer = version != argument

    def before(self, request: Request, service: Service) -> bool:
        version = request.args.get("api-version", "")
        if service is not Service.ARM or not (
            version == self._version or (self._newer and version > self._version)
        ):
            return False
        segments = [s.lower() for s in split(request.path)]
        if "microsoft.network" in segments:
            kind = segments[segments.index("microsoft.network") + 1 :][::2]
            raise refusals.no_registered_provider("/".join(kind), version)
        raise refusals.api_version_not_supported(version)


class _NoResourceGraph(Fault):
    def before(self, request: Request, service: Service) -> bool:
        segments = [s.lower() for s in split(request.path)]
        if service is Service.ARM and segments[:2] == ["providers", "microsoft.resourcegraph"]:
            raise refusals.resource_graph_denied()
        return False


class _Astro(Fault):
    """Astro's API refuses, or is not there at all."""

    def __init__(self, text: str, argument: str) -> None:
        super().__init__(text)
        if argument not in ("down", "401", "403", "404", "429", "500", "503"):
            raise ValueError("not how Astro's API fails")
        self._refusal = None if argument == "down" else refusals.astro_broken(int(argument))

    def before(self, request: Request, service: Service) -> bool:
        if service is not Service.ASTRO:
            return False
        raise self._refusal or ConnectionCut


_ID = re.compile(
    r"/(subscriptions|providers)/.+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I
)


def _alternating(text: str) -> str:
    return "".join(c.upper() if i % 2 else c.lower() for i, c in enumerate(text))


class _MixedCase(Fault):
    """Azure compares IDs without case, and does not always write them as they were written."""

    def __init__(self, text: str, seed: int) -> None:
        super().__init__(text)
        self._spell: Callable[[str], str] = (str.upper, str.lower, _alternating)[seed % 3]

    def rewrite(self, service: Service, body: Any) -> Any:
        if service in (Service.SIGN_IN, Service.ASTRO):
            return body
        if isinstance(body, dict):
            return {key: self.rewrite(service, value) for key, value in body.items()}
        if isinstance(body, list):
            return [self.rewrite(service, value) for value in body]
        return self._spell(body) if isinstance(body, str) and _ID.fullmatch(body) else body


MAKERS: dict[str, Maker] = {
    "latency": lambda text, argument, _: _Latency(text, number(argument)),
    "fast-clock": lambda text, argument, _: _FastClock(text, number(argument)),
    "throttle": lambda text, argument, seed: _RefuseEvery(
        text, number(argument), [refusals.too_many_requests()], seed
    ),
    "server-error": lambda text, argument, seed: _RefuseEvery(
        text, number(argument), refusals.SERVER_ERRORS, seed
    ),
    "drop-at": lambda text, argument, _: _CutAfter(text, number(argument)),
    "refuse-at": lambda text, argument, _: _CutBefore(text, number(argument)),
    "mixed-case": lambda text, _, seed: _MixedCase(text, seed),
    "policy-token": lambda text, *_: _PolicyToken(text),
    "mfa": lambda text, *_: _RefuseArm(text, _mfa, writes_only=True),
    "cae": lambda text, *_: _ContinuousAccess(text),
    "wrong-tenant": lambda text, *_: _RefuseArm(text, _wrong_tenant),
    "expired-token": lambda text, *_: _RefuseArm(text, _expired),
    "no-resource-graph": lambda text, *_: _NoResourceGraph(text),
    "astro-api": lambda text, argument, _: _Astro(text, argument),
    "api-version": lambda text, argument, _: _ApiVersion(text, argument),
}
