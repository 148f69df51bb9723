"""Bad input ends in one clear sentence and exit code 2, and never reaches Azure."""

from __future__ import annotations

import json

import pytest

from conftest import PROD, Inside

HOSTILE = {
    "empty": "",
    "space": " ",
    "spaces": "a b",
    "single quote": "a'b",
    "double quote": 'a"b',
    "command": "$(touch pwned)",
    "backtick": "`id`",
    "semicolon": "a;b",
    "slash": "a/b",
    "dots": "../..",
    "long": "a" * 300,
    "non-ASCII": "hub-é",
    "lookalike": "hub-\u0430",
    "right-to-left": "hub\u202ebuh",
    "newline": "hub\nEvil: yes",
    "escape": "hub\x1b[31m",
    "not a GUID": "11111111-2222-3333-4444-55555555555",
    "GUID in braces": "{11111111-2222-3333-4444-555555555555}",
    "leading dash": "-rf",
    "percent": "%2e%2e",
}
OPTIONS = (
    "--hub-id",
    "--subscription",
    "--resource-group",
    "--hub",
    "--tenant",
    "--cluster-id",
    "--peering-name",
    "--firewall-ip",
    "--role-name",
    "--principal-object-id",
    "--cloud",
    "--timeout",
    "--auth",
    "--only",
    "--output",
)
NAMES = ("--resource-group", "--hub", "--cluster-id", "--peering-name", "--role-name")
HARMLESS = {("--role-name", "spaces"), ("--subscription", "spaces"), ("--resource-group", "leading dash")} | {
    (option, "not a GUID") for option in NAMES
}


def refused(inside: Inside, *arguments: str, env: dict[str, str] | None = None) -> str:
    """What is said of it: through the installed command for an environment, else in this process, as they are many."""
    ran = inside.run(*arguments, env=env) if env else inside.run_here(*arguments)
    assert ran.code == 2, ran
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert len(ran.err.splitlines()) <= 2, "one sentence, and what to do"
    assert all(character.isprintable() or character == "\n" for character in ran.err)
    return ran.err


@pytest.mark.parametrize("option", OPTIONS)
def test_hostile_values_are_usage_errors(inside: Inside, option: str) -> None:
    for kind, value in HOSTILE.items():
        if (option, kind) in HARMLESS:
            continue
        error = refused(inside, "grant", "--yes", f"{option}={value}")
        assert option in error, f"{kind}: the option at fault is named"
    assert inside.requests() == []


@pytest.mark.parametrize(
    "option", ["--hub-id", "--subscription", "--resource-group", "--hub", "--cluster-id"]
)
def test_hostile_values_in_the_environment_too(inside: Inside, option: str) -> None:
    variable = "ASTRO_PEER_" + option.removeprefix("--").replace("-", "_").upper()
    for kind in ("command", "long", "non-ASCII"):
        refused(inside, "grant", "--yes", env={variable: HOSTILE[kind]})
    assert inside.requests() == []


@pytest.mark.parametrize("value", ["", " ", "a" * 300, "line\nbreak", "bell\x07", "@/etc/hostname", "-x"])
def test_a_description_is_one_printable_line(inside: Inside, value: str) -> None:
    refused(inside, "grant", "--yes", f"--description={value}")


@pytest.mark.parametrize(
    "hub_id",
    [
        "/subscriptions/x/resourceGroups/g/providers/Microsoft.Network/virtualHubs/h",
        f"/subscriptions/{PROD}/resourceGroups/g/providers/Microsoft.Network/virtualHubs/h/",
        f"/subscriptions/{PROD}/resourceGroups/g/providers/Microsoft.Network/virtualHubs/h/hubRouteTables/t",
        f"/subscriptions/{PROD}/resourceGroups/$(g)/providers/Microsoft.Network/virtualHubs/h",
        f"/subscriptions/{PROD}/resourceGroups/g./providers/Microsoft.Network/virtualHubs/h",
        f"/subscriptions/{PROD}/resourceGroups/g/providers/Microsoft.Network/virtualWans/h",
    ],
)
def test_a_hub_id_is_checked_part_by_part(inside: Inside, hub_id: str) -> None:
    refused(inside, "grant", "--yes", f"--hub-id={hub_id}")
    assert inside.requests() == []


@pytest.mark.parametrize(
    "address", ["10.0.0.1/24", "256.1.1.1", "10.0.0", "127.0.0.1", "224.0.0.1", "169.254.0.1", "fw.example"]
)
def test_a_firewall_ip_is_an_address_a_firewall_can_have(inside: Inside, address: str) -> None:
    refused(inside, "grant", "--yes", f"--firewall-ip={address}")


def test_usage_errors_are_json_where_json_was_asked_for(inside: Inside) -> None:
    for arguments in (
        ("grant", "-o", "json", "--nonsense"),
        ("grant", "--output=json", "--hub", "a b"),
        ("grunt", "-ojson"),
        ("grant", "--yes", "extra", "-o", "json"),
    ):
        ran = inside.run(*arguments)
        assert ran.code == 2
        assert ran.document["outcome"] == "failed"
        assert ran.document["error"]["code"] == "Usage"
    ran = inside.run("grant", "--nonsense", env={"ASTRO_PEER_OUTPUT": "json"})
    assert ran.document["error"]["code"] == "Usage"


def test_consent_cannot_come_from_the_environment(inside: Inside) -> None:
    environment = {
        f"ASTRO_PEER_{name}": "true"
        for name in ("YES", "SANDBOX", "DRY_RUN", "DELETE_ROLE", "UPDATE_SHARED_ROLE", "DEBUG")
    }
    assert inside.run("grant", env=environment).code == 2
    assert inside.writes() == []


def test_no_command_shows_the_help(inside: Inside) -> None:
    ran = inside.run(fresh=True)
    assert ran.code == 0
    assert "grant" in ran.out


def test_help_and_version_need_no_azure(inside: Inside) -> None:
    assert inside.run("--version", fresh=True).out.startswith("astro-peer ")
    for command in ("grant", "revoke", "status", "role", "sandbox"):
        ran = inside.run(command, "--help", fresh=True)
        assert ran.code == 0
        assert "Usage" in ran.out
    assert inside.requests() == []


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("grant", "--help")], ids=" ".join)
def test_help_and_version_load_no_sdk(inside: Inside, arguments: tuple[str, ...]) -> None:
    """A child of the fork server could not tell: everything is loaded there."""
    ran = inside.run(*arguments, env={"PYTHONPROFILEIMPORTTIME": "1"}, fresh=True)
    loaded = {line.rpartition("|")[2].strip() for line in ran.err.splitlines()}
    assert "astro_peer.cli" in loaded
    assert {name.partition(".")[0] for name in loaded} & {"azure", "msal", "requests", "werkzeug"} == set()


def test_a_reader_that_leaves_early_is_no_error(inside: Inside) -> None:
    ran = inside.run("role", "--subscription", PROD, fresh=True)
    assert json.loads(ran.out)["IsCustom"] is True


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("grnat",), "There is no command grnat. Did you mean grant?"),
        (("sandbox", "conect"), "There is no command conect. Did you mean connect?"),
        (("grant", "--sub", "x"), "There is no option --sub. Did you mean --subscription?"),
        (("--verson",), "There is no option --verson. Did you mean --version?"),
        (("grant", "--qqqqqq"), "There is no option --qqqqqq.\n"),
    ],
)
def test_what_was_mistyped_is_recognised(inside: Inside, typed: tuple[str, ...], meant: str) -> None:
    ran = inside.run(*typed)
    assert ran.code == 2
    assert meant in ran.err
