"""Whether Azure still takes the API versions that astro-peer pins. Nothing is written."""

from __future__ import annotations

from acceptance.answers import Answer, Question, Verdict, judged, redacted
from acceptance.calls import Reply
from acceptance.stage import CannotAsk, Stage
from astro_peer.azure import api_versions

_NOT_OFFERED = frozenset({"InvalidApiVersionParameter", "NoRegisteredProviderFound", "InvalidResourceType"})
_MATTERS = "`azure/api_versions.py`: without it no command works"


def _accepted(reply: Reply) -> Answer:
    if reply.code in _NOT_OFFERED:
        return Answer(Verdict.OTHERWISE, redacted(f"{reply.status} {reply.code}: {reply.message}"))
    return judged(reply, as_assumed=reply.ok)


def _subscriptions(stage: Stage) -> Answer:
    return _accepted(stage.caller.arm("GET", "/subscriptions", version=api_versions.SUBSCRIPTIONS))


def _resource_groups(stage: Stage) -> Answer:
    path = f"{stage.scope}/resourcegroups"
    return _accepted(stage.caller.arm("GET", path, version=api_versions.RESOURCE_GROUPS))


def _authorization(stage: Stage) -> Answer:
    path = f"{stage.scope}/providers/Microsoft.Authorization/roleDefinitions"
    return _accepted(stage.caller.arm("GET", path, filter="type eq 'CustomRole'"))


def _network(stage: Stage) -> Answer:
    path = f"{stage.scope}/providers/Microsoft.Network/virtualHubs"
    return _accepted(stage.caller.arm("GET", path, version=api_versions.NETWORK))


def _resource_graph(stage: Stage) -> Answer:
    query = {
        "subscriptions": [stage.run.subscription_id],
        "query": "resources | where type =~ 'microsoft.network/virtualhubs' | project id",
    }
    path = "/providers/Microsoft.ResourceGraph/resources"
    return _accepted(stage.caller.arm("POST", path, query, version=api_versions.RESOURCE_GRAPH))


def _policy_token(stage: Stage) -> Answer:
    """For a read, so that even a token that comes back allows nothing."""
    uri = f"{stage.caller.azure.session.cloud.resource_manager}{stage.scope}?api-version=2022-12-01"
    reply = stage.caller.arm(
        "POST",
        f"{stage.scope}/providers/Microsoft.Authorization/acquirePolicyToken",
        {"operation": {"uri": uri, "httpMethod": "GET"}},
        version=api_versions.POLICY_TOKEN,
    )
    return judged(reply, as_assumed=reply.code not in _NOT_OFFERED)


def _hub(stage: Stage) -> Answer:
    if not stage.run.hub_id:
        raise CannotAsk("needs --hub-id")
    reply = stage.caller.arm("GET", stage.run.hub_id, version=api_versions.NETWORK)
    missing = [
        name for name in ("virtualWan", "provisioningState", "routingState") if name not in reply.properties
    ]
    return judged(
        reply,
        as_assumed=reply.ok and not missing,
        more=f"without {', '.join(missing)}" if reply.ok and missing else "",
    )


QUESTIONS = (
    Question(
        "version-subscriptions",
        f"Is API version {api_versions.SUBSCRIPTIONS} of subscriptions still offered?",
        "Yes.",
        _MATTERS,
        _subscriptions,
    ),
    Question(
        "version-resource-groups",
        f"Is API version {api_versions.RESOURCE_GROUPS} of resource groups still offered?",
        "Yes.",
        "`azure/api_versions.py`: only to explain a wrong name",
        _resource_groups,
    ),
    Question(
        "version-authorization",
        f"Is API version {api_versions.AUTHORIZATION} of role definitions still offered?",
        "Yes.",
        _MATTERS,
        _authorization,
    ),
    Question(
        "version-network",
        f"Is API version {api_versions.NETWORK} of virtual hubs still offered?",
        "Yes.",
        _MATTERS,
        _network,
    ),
    Question(
        "version-resource-graph",
        f"Is API version {api_versions.RESOURCE_GRAPH} of Resource Graph still offered?",
        "Yes.",
        "`azure/api_versions.py`: a role elsewhere in the tenant is not found without it",
        _resource_graph,
    ),
    Question(
        "version-policy-token",
        f"Is API version {api_versions.POLICY_TOKEN} of policy tokens offered?",
        "Yes, whatever it answers to a request that needs none.",
        "`azure/policy_tokens.py`: a write under such a policy is refused without it",
        _policy_token,
    ),
    Question(
        "hub-fields",
        "Does a virtual hub tell its Virtual WAN, its provisioning state and its routing state?",
        "Yes, all three.",
        "`azure/network.py`: a Route Server is told from a hub, and a hub that is not ready from one that is",
        _hub,
    ),
)
