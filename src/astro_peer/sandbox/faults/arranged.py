"""Faults that are a state of the tenant from the start."""

from collections.abc import Callable
from dataclasses import replace

from astro_peer.sandbox.faults.fault import Fault, Maker
from astro_peer.sandbox.tenant import deny_assignments, pim
from astro_peer.sandbox.tenant.demo import READER
from astro_peer.sandbox.tenant.paths import spelt, subscription_of
from astro_peer.sandbox.tenant.state import Lock, Tenant


class _Arranged(Fault):
    def __init__(self, text: str, arrangement: Callable[[Tenant], None]) -> None:
        super().__init__(text)
        self._arrangement = arrangement

    def arrange(self, tenant: Tenant) -> None:
        self._arrangement(tenant)


def _set(part: str, name: str, value: object) -> Maker:
    """Sets one of the tenant's limits or quirks."""
    return lambda text, *_: _Arranged(text, lambda tenant: setattr(getattr(tenant, part), name, value))


def _lag(name: str) -> Maker:
    def make(text: str, argument: str, seed: int) -> Fault:
        seconds = float(argument)
        if not 0 < seconds < float("inf"):
            raise ValueError("a lag lasts some time")

        def arrange(tenant: Tenant) -> None:
            setattr(tenant.lags, name, seconds)
            tenant.lags.seed = seed

        return _Arranged(text, arrange)

    return make


def _deny(text: str, action: str, _: int) -> Fault:
    if "/" not in action:
        raise ValueError("not an action")
    return _Arranged(text, lambda tenant: tenant.denied_actions.add(action))


def _no_graph(text: str, *_: object) -> Fault:
    def arrange(tenant: Tenant) -> None:
        tenant.directory_readers.clear()
        tenant.directory_writers.clear()

    return _Arranged(text, arrange)


def _hash_conflict(text: str, _: str, seed: int) -> Fault:
    return _Arranged(text, lambda tenant: setattr(tenant.quirks, "hash_conflict_after", seed))


def _lock(text: str, argument: str, _: int) -> Fault:
    name, _colon, scope = argument.partition(":")
    level = {"readonly": "ReadOnly", "cannotdelete": "CanNotDelete"}.get(name.lower())
    if level is None or (scope and subscription_of(scope) is None):
        raise ValueError("no such lock")

    def arrange(tenant: Tenant) -> None:
        at = spelt(scope) if scope else f"/subscriptions/{tenant.demo_subscription_id}"
        tenant.add(Lock(at, "sandbox-lock", level, "Put here by --fault"))

    return _Arranged(text, arrange)


def _limit(text: str, argument: str, _: int) -> Fault:
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


def _subscription_state(state: str) -> Maker:
    def arrange(tenant: Tenant) -> None:
        tenant.add(replace(tenant.subscriptions[tenant.demo_subscription_id], state=state))

    return lambda text, *_: _Arranged(text, arrange)


def _any_subscription_state(text: str, argument: str, seed: int) -> Fault:
    states = {s.lower(): s for s in ("Warned", "PastDue", "Disabled", "Deleted")}
    if argument.lower() not in states:
        raise ValueError("no such state")
    return _subscription_state(states[argument.lower()])(text, argument, seed)


def _unregistered(text: str, namespace: str, _: int) -> Fault:
    if not namespace.lower().startswith("microsoft."):
        raise ValueError("not a namespace")
    return _Arranged(
        text,
        lambda tenant: tenant.unregistered_providers.add((tenant.demo_subscription_id, namespace.lower())),
    )


def _deny_assignment(text: str, *_: object) -> Fault:
    return _Arranged(
        text,
        lambda tenant: tenant.add(
            deny_assignments.against_access_changes(tenant, "/", "deny-access-changes")
        ),
    )


def _role_setting(text: str, argument: str, _: int) -> Fault:
    rules = {rule.removesuffix("Rule").lower(): rule for rule in pim.RULES}
    if argument.lower() not in rules:
        raise ValueError("no such rule")

    def arrange(tenant: Tenant) -> None:
        tenant.quirks.role_settings |= {rules[argument.lower()]}

    return _Arranged(text, arrange)


MAKERS: dict[str, Maker] = {
    "slow-lists": _lag("lists"),
    "slow-reads": _lag("reads"),
    "principal-lag": _lag("new_principal"),
    "role-lag": _lag("new_role"),
    "graph-lag": _lag("graph"),
    "delete-lag": _lag("deletes"),
    "log-delay": _lag("activity_log"),
    "small-pages": _set("limits", "items_per_page", 1),
    "connection-fails": _set("quirks", "connections_fail", True),
    "outside-scopes-404": _set("quirks", "roles_hidden_elsewhere", True),
    "unknown-principal-accepted": _set("quirks", "accepts_unknown_principals", True),
    "hash-conflict": _hash_conflict,
    "deny": _deny,
    "deny-assignment": _deny_assignment,
    "abac-condition": _set("quirks", "only_assignable_role", READER),
    "abac-principal-type": _set("quirks", "only_assignable_type", "ServicePrincipal"),
    "no-graph": _no_graph,
    "quota": _set("quirks", "directory_quota_reached", True),
    "lock": _lock,
    "policy": _set("quirks", "policy", "deny-changes"),
    "limit": _limit,
    "no-pim-licence": _set("quirks", "licensed_for_pim", False),
    "role-setting": _role_setting,
    "disabled-subscription": _subscription_state("Disabled"),
    "subscription-state": _any_subscription_state,
    "unregistered": _unregistered,
}
