"""The faults that exist: each makes a sandbox misbehave as Azure sometimes does, always in the same way.

A fault either arranges the tenant before the first request (a lock, a denied action, a lag), or bends the answers
to requests as they come. Nothing else in the sandbox knows about faults.
"""

import base64
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import NAMESPACE_DNS, uuid5

from werkzeug.wrappers import Request

from astro_peer.sandbox.faults.fault import ConnectionCut, Fault, Service
from astro_peer.sandbox.tenant import refusals
from astro_peer.sandbox.tenant.clock import Clock, timestamp
from astro_peer.sandbox.tenant.paths import spelt, subscription_of
from astro_peer.sandbox.tenant.refusals import Refusal
from astro_peer.sandbox.tenant.state import Lock, Tenant


class UnknownFault(ValueError):
    """The text after --fault means nothing; str() says what it could be."""


class _Latency(Fault):
    """Every answer takes so much longer."""

    def __init__(self, text: str, milliseconds: int) -> None:
        super().__init__(text)
        self._seconds = milliseconds / 1000

    def before(self, request: Request, service: Service) -> bool:
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
        """This request's number; 0 for one to the sign-in service."""
        if service is Service.SIGN_IN:
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
        if service is not Service.SIGN_IN and rest == 0:
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


class _Arranged(Fault):
    """A fault that is a state of the tenant from the start."""

    def __init__(self, text: str, arrangement: Callable[[Tenant], None]) -> None:
        super().__init__(text)
        self._arrangement = arrangement

    def arrange(self, tenant: Tenant) -> None:
        self._arrangement(tenant)


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


def _lag(text: str, argument: str, name: str) -> Fault:
    seconds = float(argument)
    if seconds <= 0:
        raise ValueError("a lag lasts some time")
    return _Arranged(text, lambda tenant: setattr(tenant.lags, name, seconds))


def _deny(text: str, action: str) -> Fault:
    if "/" not in action:
        raise ValueError("not an action")
    return _Arranged(text, lambda tenant: tenant.denied_actions.add(action))


def _no_graph(text: str) -> Fault:
    def arrange(tenant: Tenant) -> None:
        tenant.directory_readers.clear()
        tenant.directory_writers.clear()

    return _Arranged(text, arrange)


def _unknown_principal_accepted(text: str) -> Fault:
    return _Arranged(text, lambda tenant: setattr(tenant, "accepts_unknown_principals", True))


def _lock(text: str, argument: str) -> Fault:
    name, _, scope = argument.partition(":")
    level = {"readonly": "ReadOnly", "cannotdelete": "CanNotDelete"}.get(name.lower())
    if level is None or (scope and subscription_of(scope) is None):
        raise ValueError("no such lock")

    def arrange(tenant: Tenant) -> None:
        at = spelt(scope) if scope else f"/subscriptions/{tenant.demo_subscription_id}"
        tenant.add(Lock(at, "sandbox-lock", level, "Put here by --fault"))

    return _Arranged(text, arrange)


def _policy(text: str) -> Fault:
    return _Arranged(text, lambda tenant: setattr(tenant, "policy", "deny-changes"))


def _limit(text: str, argument: str) -> Fault:
    """The limit is what there is already, so that nothing can be added."""

    def arrange(tenant: Tenant) -> None:
        if argument == "roles":
            tenant.limits.custom_roles = sum(r.custom for r in tenant.role_definitions.values())
        else:
            tenant.limits.assignments_per_subscription = sum(
                subscription_of(a.scope) == tenant.demo_subscription_id
                for a in tenant.role_assignments.values()
            )

    if argument not in ("assignments", "roles"):
        raise ValueError("no such limit")
    return _Arranged(text, arrange)


def _disabled_subscription(text: str) -> Fault:
    def arrange(tenant: Tenant) -> None:
        tenant.add(replace(tenant.subscriptions[tenant.demo_subscription_id], state="Disabled"))

    return _Arranged(text, arrange)


def _number(argument: str) -> int:
    number = int(argument)
    if number < 0:
        raise ValueError("negative")
    return number


@dataclass(frozen=True)
class _Kind:
    usage: str
    make: Callable[[str, str, int], Fault]
    """From the whole text, its argument ("" without one) and the seed. A ValueError: a wrong argument."""


_ALL = (
    _Kind("latency:MILLISECONDS", lambda text, arg, _: _Latency(text, _number(arg))),
    _Kind("fast-clock:SECONDS", lambda text, arg, _: _FastClock(text, _number(arg))),
    _Kind(
        "throttle:N",
        lambda text, arg, seed: _RefuseEvery(text, _number(arg), [refusals.too_many_requests()], seed),
    ),
    _Kind(
        "server-error:N",
        lambda text, arg, seed: _RefuseEvery(text, _number(arg), refusals.SERVER_ERRORS, seed),
    ),
    _Kind("drop-at:N", lambda text, arg, _: _CutAfter(text, _number(arg))),
    _Kind("refuse-at:N", lambda text, arg, _: _CutBefore(text, _number(arg))),
    _Kind("slow-lists:SECONDS", lambda text, arg, _: _lag(text, arg, "lists")),
    _Kind("slow-reads:SECONDS", lambda text, arg, _: _lag(text, arg, "reads")),
    _Kind("principal-lag:SECONDS", lambda text, arg, _: _lag(text, arg, "new_principal")),
    _Kind("role-lag:SECONDS", lambda text, arg, _: _lag(text, arg, "new_role")),
    _Kind("graph-lag:SECONDS", lambda text, arg, _: _lag(text, arg, "graph")),
    _Kind("unknown-principal-accepted", lambda text, *_: _unknown_principal_accepted(text)),
    _Kind("deny:ACTION", lambda text, arg, _: _deny(text, arg)),
    _Kind("no-graph", lambda text, *_: _no_graph(text)),
    _Kind("lock:readonly|cannotdelete[:SCOPE]", lambda text, arg, _: _lock(text, arg)),
    _Kind("policy", lambda text, *_: _policy(text)),
    _Kind("mfa", lambda text, *_: _RefuseArm(text, _mfa, writes_only=True)),
    _Kind("cae", lambda text, *_: _ContinuousAccess(text)),
    _Kind("wrong-tenant", lambda text, *_: _RefuseArm(text, _wrong_tenant)),
    _Kind("expired-token", lambda text, *_: _RefuseArm(text, _expired)),
    _Kind("limit:assignments|roles", lambda text, arg, _: _limit(text, arg)),
    _Kind("disabled-subscription", lambda text, *_: _disabled_subscription(text)),
)
_KINDS = {kind.usage.partition(":")[0]: kind for kind in _ALL}


def known() -> list[str]:
    """How each fault is written."""
    return [kind.usage for kind in _ALL]


def parse(texts: Sequence[str], seed: int = 0) -> list[Fault]:
    """Raises UnknownFault for a name that is not known or an argument that does not fit."""
    return [_parse(text, seed) for text in texts]


def _parse(text: str, seed: int) -> Fault:
    name, colon, argument = text.partition(":")
    kind = _KINDS.get(name)
    if kind is None:
        raise UnknownFault(f"There is no fault '{name}'. Known faults: {', '.join(known())}.")
    try:
        if bool(colon) != (":" in kind.usage):
            raise ValueError("an argument too many or too few")
        return kind.make(text, argument, seed)
    except ValueError:
        raise UnknownFault(f"The fault '{text}' does not fit its form, which is {kind.usage}.") from None
