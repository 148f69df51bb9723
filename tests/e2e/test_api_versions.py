"""A region learns new API versions late: what is asked for has been out for long."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from astro_peer.azure import api_versions
from astro_peer.sandbox.run import serving
from conftest import PROD, Inside

NEWEST = "2024-12-31"
"""Whatever is named later had not been out for a year when this was written."""


def test_nothing_newer_than_pinned_is_asked_for() -> None:
    """Every command that asks Azure, a wrong resource group's explanation among them."""
    with serving(faults=[f"api-version:{NEWEST}-or-newer"]) as sandbox:
        inside = Inside(sandbox)
        for command in (
            "grant --yes",
            "check",
            "status",
            "hubs",
            "vnets",
            "request",
            "revoke --yes --delete-role",
        ):
            ran = inside.run(*command.split())
            assert ran.code == 0, f"{command}: {ran.err}"
        place = ("--subscription", PROD, "--resource-group", "rg-connectivity", "--hub", "vhub-prod-weu")
        wrong = inside.run("grant", *place)
        assert "rg-connectivity-prod" in wrong.err
        sent = {
            (re.sub(r".*/providers/", "", urlsplit(one["url"]).path), version)
            for one in inside.requests()
            for version in parse_qs(urlsplit(one["url"]).query).get("api-version", ())
            if "/metadata/" not in one["url"]
        }
    versions = {version for _, version in sent}
    assert all(version <= NEWEST for version in versions), sent
    assert {
        api_versions.SUBSCRIPTIONS,
        api_versions.RESOURCE_GROUPS,
        api_versions.AUTHORIZATION,
        api_versions.NETWORK,
        api_versions.RESOURCE_GRAPH,
        api_versions.PROVIDERS,
        api_versions.LOCKS,
        api_versions.ASSIGNMENTS_USAGE,
    } == versions
