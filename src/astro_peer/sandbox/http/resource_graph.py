"""Azure Resource Graph, as far as it finds role definitions and resources: tables `authorizationresources` and
`resources`.

A query is the table and stages of `where` (conditions joined by `and`), `project` and `order by`; all else is invalid.
"""

import re
from collections.abc import Mapping
from typing import Any

from astro_peer.sandbox.http.arm import Call, rule
from astro_peer.sandbox.http.arm_authorization import role_properties
from astro_peer.sandbox.http.wire import Answer
from astro_peer.sandbox.tenant import refusals
from astro_peer.sandbox.tenant.paths import resource_group_of, subscription_of
from astro_peer.sandbox.tenant.rbac import permitted
from astro_peer.sandbox.tenant.refusals import Refusal
from astro_peer.sandbox.tenant.role_definitions import may_read_role
from astro_peer.sandbox.tenant.shown import shown_properties

_STAGES = re.compile(r"""\|(?=(?:[^'"]|'[^']*'|"[^"]*")*$)""")
_CONDITION = re.compile(
    r"""\s*(?:to(?:string|lower)\()?([\w.]+)\)?\s*(?:(=~|==|!~|!=)\s*('[^']*'|"[^"]*")|(in~?)\s*\(([^()]*)\))"""
    r"""\s*(?:\band\b|$)""",
    re.IGNORECASE,
)
_NOT_EMPTY = re.compile(r"\s*isnot(?:empty|null)\(([\w.]+)\)\s*(?:\band\b|$)", re.IGNORECASE)
_TEXTS = re.compile(r"""\s*('[^']*'|"[^"]*")\s*(?:,|$)""")
_OF_TYPE = re.compile(r"""\|\s*where\s+type\s*=~\s*['"]([^'"]*)['"]""", re.IGNORECASE)
_ORDER = re.compile(r"by\s+(\w+)(?:\s+(asc|desc))?", re.IGNORECASE)
_COLUMN = re.compile(r"(?:(\w+)\s*=\s*)?(?:tostring\()?([\w.]+)\)?")


def _invalid(query: str) -> Refusal:
    return Refusal(
        400, "InvalidQuery", f"Query is invalid. Please refer to the documentation for the syntax: {query}"
    )


def _value(row: Mapping[str, Any], path: str) -> Any:
    value: Any = row
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def evaluate(query: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Raises a 400 refusal for what it does not understand, rather than answer something else."""
    table, *stages = (s.strip() for s in _STAGES.split(query.strip()))
    if table.lower() not in ("authorizationresources", "resources"):
        raise _invalid(query)
    for stage in stages:
        verb, _, rest = stage.partition(" ")
        if verb == "where":
            rows = [row for row in rows if _holds(query, rest, row)]
        elif verb == "project":
            rows = [_projected(query, rest, row) for row in rows]
        elif verb == "order":
            rows = _ordered(query, rest, rows)
        else:
            raise _invalid(query)
    return rows


def _holds(query: str, conditions: str, row: Mapping[str, Any]) -> bool:
    position, held = 0, True
    while position < len(conditions):
        empty = _NOT_EMPTY.match(conditions, position)
        match = empty or _CONDITION.match(conditions, position)
        if match is None:
            raise _invalid(query)
        value = _value(row, match[1])
        held &= bool(value) if empty else _compared(query, str(value or ""), match)
        position = match.end()
    return held


def _compared(query: str, actual: str, match: re.Match[str]) -> bool:
    """Operators with a ~ ignore case."""
    operator = match[2] or match[4].lower()
    wanted = [match[3][1:-1]] if match[2] else _texts(query, match[5])
    if "~" in operator:
        actual, wanted = actual.lower(), [w.lower() for w in wanted]
    return (actual in wanted) is not operator.startswith("!")


def _texts(query: str, listed: str) -> list[str]:
    found, position = [], 0
    while position < len(listed.rstrip()):
        match = _TEXTS.match(listed, position)
        if match is None:
            raise _invalid(query)
        found.append(match[1][1:-1])
        position = match.end()
    return found


def _ordered(query: str, rest: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    match = _ORDER.fullmatch(rest.strip())
    if match is None:
        raise _invalid(query)
    return sorted(
        rows, key=lambda row: str(row.get(match[1]) or ""), reverse=(match[2] or "desc").lower() == "desc"
    )


def _projected(query: str, columns: str, row: Mapping[str, Any]) -> dict[str, Any]:
    projected = {}
    for column in columns.split(","):
        match = _COLUMN.fullmatch(column.strip())
        if match is None:
            raise _invalid(query)
        projected[match[1] or match[2].replace(".", "_")] = _value(row, match[2])
    return projected


def _page(call: Call, body: Mapping[str, Any]) -> tuple[int, int]:
    """Where the page begins and ends that the options of a query ask for."""
    options = body.get("options") or {}
    try:
        start, top = int(options.get("$skipToken") or 0), int(options.get("$top") or 1000)
    except (AttributeError, TypeError, ValueError):
        raise refusals.invalid_request_content("options has a $top and a $skipToken") from None
    return start, start + min(top, call.tenant.limits.items_per_page)


def _resources(call: Call) -> Answer:
    body = call.body()
    query = body.get("query")
    if not isinstance(query, str):
        raise _invalid(str(query))
    of_resources = re.match(r"\s*resources\b", query, re.IGNORECASE)
    rows = _resource_rows(call, query) if of_resources else _role_rows(call)
    found = evaluate(query, rows)
    start, end = _page(call, body)
    body = {
        "totalRecords": len(found),
        "count": len(found[start:end]),
        "resultTruncated": "true" if end < len(found) else "false",
        "facets": [],
        "data": found[start:end],
    }
    if end < len(found) and "id" in found[0]:  # without it Azure cannot say where the next page begins
        body["$skipToken"] = str(end)
    return Answer(
        200,
        body,
        {"x-ms-user-quota-remaining": "14", "x-ms-user-quota-resets-after": "00:00:05"},
    )


def _resource_rows(call: Call, query: str) -> list[dict[str, Any]]:
    """Of a query for one type only that: what others show takes long to put together in a large tenant."""
    of_type = _OF_TYPE.search(query)
    kind = of_type[1].lower() if of_type else None
    asked = [str(s).lower() for s in call.body().get("subscriptions") or []]
    return [
        {
            "id": one.id,
            "name": one.name,
            "type": one.type.lower(),
            "location": one.location,
            "resourceGroup": (resource_group_of(one.id) or "").lower(),
            "subscriptionId": subscription_of(one.id),
            "tenantId": call.tenant.id,
            "tags": dict(one.tags) or None,
            "properties": shown_properties(call.tenant, one),
        }
        for one in call.tenant.resources.values()
        if kind in (None, one.type.lower())
        and (not asked or subscription_of(one.id) in asked)
        and permitted(call.tenant, call.caller, f"{one.type}/read", one.id)
    ]


def _role_rows(call: Call) -> list[dict[str, Any]]:
    return [
        {
            "id": f"/providers/Microsoft.Authorization/RoleDefinitions/{role.guid}",
            "name": role.guid,
            "type": "microsoft.authorization/roledefinitions",
            "tenantId": call.tenant.id,
            "properties": role_properties(role),
        }
        for role in call.tenant.role_definitions.values()
        if may_read_role(call.tenant, call.caller, role)
        and not (role.custom and call.tenant.within(call.tenant.lags.lists, role.updated))
    ]


RULES = [rule("/providers/microsoft.resourcegraph/resources", _resources, "POST")]
