"""A tenant by one of its domains: Microsoft Entra ID's sign-in service says its ID to anybody, without a token.

https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
"""

from __future__ import annotations

import re

from azure.core import PipelineClient
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import ContentDecodePolicy, UserAgentPolicy
from azure.core.rest import HttpRequest, HttpResponse

from astro_peer import names
from astro_peer.azure.answers import TimeIsUp
from astro_peer.azure.cloud import Cloud
from astro_peer.azure.shapes import WRONG_SHAPE, text
from astro_peer.azure.transport import Transport
from astro_peer.errors import Failed, NotFound, TimedOut
from astro_peer.model.way_out import az, way_out
from astro_peer.waiting import Deadline

_CONFIGURATION = "v2.0/.well-known/openid-configuration"
_ISSUER = re.compile(r"https://[^/?#]+/(?P<tenant>[0-9a-fA-F-]{36})(/v2\.0)?/?")
_NO_SUCH_TENANT = (400, 404)


def tenant_id(cloud: Cloud, named: str, deadline: Deadline) -> str:
    """An ID is itself, and asks nobody. Raises NotFound for a domain that no tenant has, TimedOut and Failed."""
    if names.is_guid(named):
        return named
    url = f"{cloud.authority}/{named}/{_CONFIGURATION}"
    policies = [UserAgentPolicy("astro-peer"), ContentDecodePolicy()]
    try:
        with PipelineClient[HttpRequest, HttpResponse](
            cloud.authority, policies=policies, transport=Transport(cloud.authority, deadline)
        ) as client:
            response = client.send_request(HttpRequest("GET", url))
            if response.status_code in _NO_SUCH_TENANT:
                raise _no_such_tenant(named)
            response.raise_for_status()
            issuer = _ISSUER.fullmatch(text(response.json()["issuer"]))
            if issuer is None:
                raise ValueError("no tenant's issuer")
            return names.guid(issuer["tenant"])
    except TimeIsUp:
        raise TimedOut(
            f"The tenant {named} could not be looked up in time.", next_step="Give its ID with --tenant."
        ) from None
    except (AzureError, *WRONG_SHAPE) as error:
        raise Failed(
            f"The tenant {named} could not be looked up.",
            meaning=f"{cloud.authority} did not answer with a tenant's configuration ({type(error).__name__}).",
            next_step="Give its ID with --tenant.",
        ) from error


def _no_such_tenant(named: str) -> NotFound:
    return NotFound(
        f"There is no tenant with the domain {named}.",
        meaning="Microsoft Entra ID knows none.",
        next_step=way_out(
            "Give a domain such as contoso.onmicrosoft.com, or the tenant's ID (",
            az("account", "list", "--output", "table"),
            " shows it).",
        ),
    )
