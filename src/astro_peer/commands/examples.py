"""A few command lines for each command's help: what one wants, and how it is said."""

from __future__ import annotations

_HUB = "--subscription connectivity-prod --hub vhub-prod-weu"

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "astro-peer": (
        ("Try it without Azure", "astro-peer grant --sandbox"),
        ("What stands in the way, and who can mend it", "astro-peer check"),
        ("Give the rights, then wait for the connection", "astro-peer grant --until 14d --watch"),
        ("Take them away again", "astro-peer revoke"),
    ),
    "check": (
        ("Everything, for one hub", f"astro-peer check {_HUB}"),
        ("In a pipeline that allows no warning", "astro-peer check --strict -o json"),
    ),
    "grant": (
        ("At a terminal: what is missing is asked", "astro-peer grant"),
        ("For two weeks, one hub named", f"astro-peer grant {_HUB} --until 14d"),
        ("As a script, to be reviewed", "astro-peer grant --dry-run > grant.sh"),
        ("In a pipeline", "astro-peer grant --yes -o json > granted.json"),
    ),
    "revoke": (
        ("At a terminal, after a yes", "astro-peer revoke --subscription connectivity-prod"),
        ("The custom role too, where nothing else uses it", "astro-peer revoke --delete-role"),
    ),
    "status": (
        ("One subscription", "astro-peer status --subscription connectivity-prod"),
        ("All of them, side by side", "astro-peer status --all"),
        ("Wait for Astronomer's connection", f"astro-peer status {_HUB} --watch"),
    ),
    "audit": (
        ("Since the grant", "astro-peer audit --subscription connectivity-prod"),
        ("The last two weeks", "astro-peer audit --since 14d"),
    ),
    "request": (
        ("The text again", "astro-peer request --cluster-id CLUSTER_ID"),
        ("As Markdown, with a subject", "astro-peer request --markdown"),
    ),
    "hubs": (
        ("All you can see", "astro-peer hubs"),
        ("IDs alone, for a script", "astro-peer hubs -o tsv | cut -f1"),
    ),
    "role": (("The role file, for az", "astro-peer role --subscription ID > role.json"),),
    "sandbox run": (
        ("A shell in a tenant of its own", "astro-peer sandbox run -- bash"),
        ("As a reader", "astro-peer sandbox run --as reader -- astro-peer check"),
        ("While Azure refuses every second request", "astro-peer sandbox run --fault throttle:2 -- bash"),
    ),
    "sandbox as": (
        (
            "Inside one: the part of an Entra administrator",
            "astro-peer sandbox as entra-admin -- astro-peer grant --only principal",
        ),
    ),
    "help": (("What an exit code means", "astro-peer help exit-codes"),),
}
