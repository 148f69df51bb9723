"""Azure Resource Manager: deployments of templates to a subscription: validate, what-if, create, and what came of it.

A deployment does what its caller could do by single requests, by the same rules, and nothing else.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from astro_peer.sandbox.http.arm import Call, rule
from astro_peer.sandbox.http.arm_authorization import (
    assignment_body,
    put_assignment,
    put_role,
    role_body,
)
from astro_peer.sandbox.http.arm_network import SOON
from astro_peer.sandbox.http.wire import Answer, arm_refusal, correlation_id
from astro_peer.sandbox.tenant import activity_log, deployments, refusals, templates
from astro_peer.sandbox.tenant.clock import timestamp
from astro_peer.sandbox.tenant.deployments import DEPLOYMENTS, Deployment, Step
from astro_peer.sandbox.tenant.network import TIME_TO_CONNECT, start_operation
from astro_peer.sandbox.tenant.refusals import Refusal
from astro_peer.sandbox.tenant.state import Json, OperationFailure
from astro_peer.sandbox.tenant.templates import ASSIGNMENTS, ROLES, Resource, Template

_TOKENS = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/|\btemplate(?=\s*:)', re.DOTALL)
_PUT: Mapping[str, Callable[[Call, str, Json, str], Answer]] = {ROLES: put_role, ASSIGNMENTS: put_assignment}


def _body(call: Call) -> Json:
    """JSON as Azure takes it here: with comments, and with a key `template` without quotes, both of which az sends."""

    def plain(token: re.Match[str]) -> str:
        text = token[0]
        return text if text.startswith('"') else '"template"' if text == "template" else " "

    try:
        body = json.loads(_TOKENS.sub(plain, call.request.get_data(as_text=True)))
    except ValueError as error:
        raise refusals.invalid_request_content(str(error)) from None
    if not isinstance(body, dict) or not isinstance(body.get("properties"), dict):
        raise refusals.invalid_request_content("properties is required")
    return body


def _id(subscription: str, name: str) -> str:
    return f"/subscriptions/{subscription}/providers/{DEPLOYMENTS}/{name}"


def _asked(call: Call, subscription: str, name: str, action: str) -> tuple[Template, str]:
    """The template, and the location, of a request that says what is to be deployed."""
    call.require(f"{DEPLOYMENTS}/{action}", _id(subscription, name))
    body = _body(call)
    location = deployments.check_location(call.tenant, _id(subscription, name), body.get("location"))
    template = templates.read_template(f"/subscriptions/{subscription}", body["properties"])
    list(templates.waves(template))  # raises where they run in a circle
    return template, location


def _create(call: Call, subscription: str, name: str) -> Answer:
    template, location = _asked(call, subscription, name, "write")
    deployments.check_permitted(call.tenant, call.caller, template)
    new = _id(subscription, name).lower() not in call.tenant.deployments
    now = call.tenant.clock.now()
    made = Deployment(
        id=_id(subscription, name),
        location=location,
        template=template,
        steps=_carry_out(call, template),
        correlation_id=correlation_id(call.request),
        started=now,
        ready_at=now + TIME_TO_CONNECT,
    )
    call.tenant.deployments[made.id.lower()] = made
    operation = start_operation(call.tenant, _failure(made))
    url = f"{call.url}{made.id}/operationStatuses/{operation}?api-version={call.api_version}"
    body = _deployment_body(call, made)
    body["properties"] |= {"provisioningState": "Accepted", "duration": "PT0S"}
    body["properties"].pop("outputResources", None)
    return Answer(201 if new else 200, body, {"azure-asyncoperation": url, **SOON})


def _carry_out(call: Call, template: Template) -> tuple[Step, ...]:
    """Wave after wave. What waits for something that was refused is not tried."""
    steps: list[Step] = []
    failed: set[str] = set()
    for wave in templates.waves(template):
        for resource in wave:
            if failed & set(resource.depends_on):
                failed.add(resource.id)
                continue
            scope = resource.id.partition("/providers/")[0]
            refusal = None
            try:
                answer = _PUT[resource.type](call, resource.name, resource.properties, scope)
            except Refusal as refused:
                refusal, answer = refused, arm_refusal(refused)
                failed.add(resource.id)
            steps.append(Step(resource, refusal, call.tenant.clock.now()))
            write = activity_log.Write(
                caller=call.caller,
                method="PUT",
                action=f"{resource.type}/write",
                resource_id=resource.id,
                address=call.request.remote_addr or "",
                correlation_id=correlation_id(call.request),
                request_body=json.dumps({"properties": resource.properties}),
            )
            activity_log.record(call.tenant, write, answer.status, json.dumps(answer.body))
    return tuple(steps)


_FAILED = (
    "At least one resource deployment operation failed. Please list deployment operations for details. Please see "
    "https://aka.ms/arm-deployment-operations for usage details."
)


def _failure(deployment: Deployment) -> OperationFailure | None:
    for step in deployment.refused:
        if step.refusal is not None:
            return OperationFailure("DeploymentFailed", _FAILED, step.refusal.code, step.refusal.message)
    return None


def _error(deployment: Deployment) -> dict[str, Any]:
    refused = [step.refusal for step in deployment.refused if step.refusal is not None]
    return {
        "code": "DeploymentFailed",
        "target": deployment.id,
        "message": _FAILED,
        "details": [{"code": r.code, "message": r.message} for r in refused],
    }


def _about(template: Template) -> dict[str, Any]:
    """What Azure says of a template as soon as it has read it."""
    kinds = sorted({r.type.partition("/")[2] for r in template.resources})
    provider = {
        "namespace": "Microsoft.Authorization",
        "resourceTypes": [{"resourceType": kind, "locations": [None]} for kind in kinds],
    }
    by_id = {r.id: r for r in template.resources}
    return {
        "templateHash": template.hash,
        "parameters": dict(template.parameters),
        "mode": "Incremental",
        "providers": [provider] if kinds else [],
        "dependencies": [
            {"dependsOn": [_named(by_id[one]) for one in r.depends_on], **_named(r)}
            for r in template.resources
            if r.depends_on
        ],
    }


def _named(resource: Resource) -> dict[str, str]:
    return {"id": resource.id, "resourceType": resource.type, "resourceName": resource.name}


def _deployment_body(call: Call, deployment: Deployment) -> dict[str, Any]:
    now = call.tenant.clock.now()
    state = deployment.state(now)
    properties: dict[str, Any] = {
        **_about(deployment.template),
        "provisioningState": state,
        "timestamp": timestamp(min(now, deployment.ready_at)),
        "duration": f"PT{(min(now, deployment.ready_at) - deployment.started).total_seconds():.7f}S",
        "correlationId": deployment.correlation_id,
    }
    if state == "Succeeded":
        properties["outputResources"] = [{"id": step.resource.id} for step in deployment.steps]
    if state == "Failed":
        properties["error"] = _error(deployment)
    return {
        "id": deployment.id,
        "name": deployment.name,
        "type": DEPLOYMENTS,
        "location": deployment.location,
        "properties": properties,
    }


def _validate(call: Call, subscription: str, name: str) -> Answer:
    template, location = _asked(call, subscription, name, "validate/action")
    deployments.check_permitted(call.tenant, call.caller, template)
    properties = {
        **_about(template),
        "provisioningState": "Succeeded",
        "timestamp": timestamp(call.tenant.clock.now()),
        "duration": "PT0S",
        "correlationId": correlation_id(call.request),
        "validatedResources": [{"id": r.id} for r in template.resources],
    }
    return Answer(
        200,
        {
            "id": _id(subscription, name),
            "name": name,
            "type": DEPLOYMENTS,
            "location": location,
            "properties": properties,
        },
    )


def _what_if(call: Call, subscription: str, name: str) -> Answer:
    """The result is fetched from where the answer says. What the caller may not do is part of it."""
    template, _ = _asked(call, subscription, name, "whatIf/action")
    settings = _body(call)["properties"].get("whatIfSettings")
    ids_only = isinstance(settings, Mapping) and settings.get("resultFormat") == "ResourceIdOnly"
    try:
        deployments.check_permitted(call.tenant, call.caller, template)
        changes = [_change(call, r, ids_only=ids_only) for r in template.resources]
        result: dict[str, Any] = {
            "status": "Succeeded",
            "properties": {
                "correlationId": correlation_id(call.request),
                "changes": changes,
                "potentialChanges": [],
                "diagnostics": [],
            },
        }
    except Refusal as refusal:
        result = {"status": "Failed", **arm_refusal(refusal).body}
    operation = start_operation(call.tenant)
    call.tenant.what_if_results[operation] = result
    url = f"{call.url}/subscriptions/{subscription}/operationresults/{operation}"
    return Answer(202, headers={"Location": f"{url}?api-version={call.api_version}", **SOON})


def _what_if_result(call: Call, subscription: str, operation: str) -> Answer:
    """Open to every signed-in caller who knows the operation, as polling is."""
    result = call.tenant.what_if_results.get(operation.lower())
    if result is None:
        raise refusals.not_found(f"/subscriptions/{subscription}/operationresults/{operation}")
    if call.tenant.clock.now() < call.tenant.operations[operation.lower()]:
        return Answer(202, headers={"Location": call.request.url, **SOON})
    return Answer(200, result)


def _change(call: Call, resource: Resource, *, ids_only: bool) -> dict[str, Any]:
    there = _there(call, resource)
    common = {"apiVersion": resource.api_version, **{k: getattr(resource, k) for k in ("id", "type", "name")}}
    after = {**common, "properties": dict(resource.properties)}
    if there is None:
        change: dict[str, Any] = {"changeType": "Create", "before": None, "after": after}
    else:
        delta = deployments.differences(there, dict(resource.properties), "properties")
        before = {**common, "properties": there}
        change = {
            "changeType": "Modify" if delta else "NoChange",
            "before": before,
            "after": {**common, "properties": {**there, **resource.properties}},
            "delta": delta,
        }
    shown = {k: v for k, v in change.items() if k == "changeType" or not ids_only}
    return {"resourceId": resource.id, **shown}


def _there(call: Call, resource: Resource) -> dict[str, Any] | None:
    """The properties that the resource has now."""
    scope = resource.id.partition("/providers/")[0]
    if resource.type == ROLES:
        role = call.tenant.role_definitions.get(resource.name.lower())
        return dict(role_body(scope, role)["properties"]) if role else None
    assignment = call.tenant.role_assignments.get(resource.id.lower())
    return dict(assignment_body(scope, assignment)["properties"]) if assignment else None


def _read(call: Call, subscription: str, name: str) -> Answer:
    call.require(f"{DEPLOYMENTS}/read", _id(subscription, name))
    return Answer(200, _deployment_body(call, _found(call, subscription, name)))


def _found(call: Call, subscription: str, name: str) -> Deployment:
    found: Deployment | None = call.tenant.deployments.get(_id(subscription, name).lower())
    if found is None:
        raise refusals.deployment_not_found(name)
    return found


def _list(call: Call, subscription: str) -> Answer:
    scope = f"/subscriptions/{subscription}"
    call.require(f"{DEPLOYMENTS}/read", scope)
    prefix = f"{scope}/".lower()
    return call.page(
        [
            _deployment_body(call, one)
            for key, one in call.tenant.deployments.items()
            if key.startswith(prefix)
        ]
    )


def _operation_status(call: Call, subscription: str, name: str, operation: str) -> Answer:
    """Open to every signed-in caller: Azure does not ask for a right of one's own to poll."""
    found = _found(call, subscription, name)
    state = found.state(call.tenant.clock.now())
    error = {"error": _error(found)} if state == "Failed" else {}
    return Answer(200, {"status": state, **error}, SOON if state == "Running" else {})


def _list_operations(call: Call, subscription: str, name: str) -> Answer:
    call.require(f"{DEPLOYMENTS}/operations/read", _id(subscription, name))
    found = _found(call, subscription, name)
    return call.page([_operation_body(found, number, step) for number, step in enumerate(found.steps)])


def _operation_body(deployment: Deployment, number: int, step: Step) -> dict[str, Any]:
    operation = f"{number:016X}"
    properties: dict[str, Any] = {
        "provisioningOperation": "Create",
        "provisioningState": "Failed" if step.refusal else "Succeeded",
        "timestamp": timestamp(step.moment),
        "duration": "PT0S",
        "trackingId": str(uuid4()),
        "statusCode": str(step.refusal.status if step.refusal else 201),
        "targetResource": _named(step.resource),
    }
    if step.refusal:
        properties["statusMessage"] = arm_refusal(step.refusal).body
    return {
        "id": f"{deployment.id}/operations/{operation}",
        "operationId": operation,
        "properties": properties,
    }


_PATH = "/subscriptions/<subscription>/providers/microsoft.resources/deployments"

RULES = [
    rule(_PATH, _list),
    rule(f"{_PATH}/<name>", _read),
    rule(f"{_PATH}/<name>", _create, "PUT"),
    rule(f"{_PATH}/<name>/validate", _validate, "POST"),
    rule(f"{_PATH}/<name>/whatif", _what_if, "POST"),
    rule(f"{_PATH}/<name>/operations", _list_operations),
    rule(f"{_PATH}/<name>/operationstatuses/<operation>", _operation_status),
    rule("/subscriptions/<subscription>/operationresults/<operation>", _what_if_result),
]
