"""A simulated tenant that the real az is signed in to, and what tests arrange and compare in it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from astro_peer.sandbox import az as az_client
from astro_peer.sandbox.run import Sandbox
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.personas import Persona
from astro_peer.sandbox.tenant.state import Permission, RoleAssignment, ServicePrincipal
from conftest import PROD, ROLE, Inside, Ran
from random_plans import restore, snapshot

APPLICATION = demo.ASTRONOMER_APP_ID
SCOPE = f"/subscriptions/{PROD}"


class SignedIn:
    """One sandbox for many tests: az signs in once for each persona, and the tenant is put back in between."""

    def __init__(self, sandbox: Sandbox, folder: Path, path: str) -> None:
        self.sandbox = sandbox
        self.path = path
        self._folder = folder
        self._new = snapshot(sandbox.tenant)

    def renew(self) -> None:
        restore(self.sandbox.tenant, self._new)

    def copy_configuration(self, persona: Persona, target: Path, env: dict[str, str]) -> None:
        """A directory of az's in which the persona is signed in."""
        template = self._folder / persona
        if not template.exists():
            unfinished = template.with_suffix(".unfinished")
            az_client.sign_in(env | {"AZURE_CONFIG_DIR": str(unfinished)})
            unfinished.rename(template)
        shutil.copytree(template, target)


class InsideWithAz(Inside):
    """The tenant as one works in it with az and astro-peer side by side."""

    def __init__(self, signed_in: SignedIn, folder: Path) -> None:
        super().__init__(signed_in.sandbox)
        signed_in.renew()
        self.folder = folder
        self.record = folder / "az-commands"
        self.record.touch()
        self._signed_in = signed_in
        self._earlier = len(super().requests())

    def environment(self, persona: str | None = None) -> dict[str, str]:
        """As in `sandbox run --az`; the az on PATH also notes what it was asked for."""
        who = Persona(persona) if persona else self.sandbox.persona
        configuration = self.folder / f"azure-{who}"
        env = super().environment(persona) | {
            "PATH": self._signed_in.path,
            "AZ_RECORD": str(self.record),
            "AZURE_CONFIG_DIR": str(configuration),
        }
        if not configuration.exists():
            self._signed_in.copy_configuration(who, configuration, env)
        return env

    def requests(self) -> list[dict[str, Any]]:
        """Those of this test."""
        return super().requests()[self._earlier :]

    def forget_requests(self) -> None:
        self._earlier += len(self.requests())

    def az(self, *arguments: str, persona: str | None = None, env: dict[str, str] | None = None) -> Ran:
        return self._command(["az", *arguments], persona, env)

    def azs(self, *arguments: str) -> list[str]:
        """The lines that a command prints with `-o tsv`; it must succeed."""
        ran = self.az(*arguments, "-o", "tsv")
        assert ran.code == 0, ran.err
        return ran.out.splitlines()

    def bash(self, script: str, env: dict[str, str] | None = None) -> Ran:
        file = self.folder / "script.sh"
        file.write_text(script)
        return self._command(["bash", str(file)], None, env)

    def script(self, *arguments: str) -> str:
        """The script of a dry run."""
        ran = self.run(*arguments, "--dry-run")
        assert ran.code == 0, ran.err
        return ran.out

    def _command(self, words: list[str], persona: str | None, env: dict[str, str] | None) -> Ran:
        full = self.environment(persona) | (env or {})
        ran = subprocess.run(
            [str(shutil.which(words[0], path=full["PATH"])), *words[1:]],
            env=full,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)


def without_identity(env: dict[str, str]) -> dict[str, str]:
    """Only az is signed in there."""
    return {name: value for name, value in env.items() if not name.startswith("AZURE_CLIENT_")}


# What is arranged


def add_principal(inside: Inside) -> str:
    """Astronomer's service principal; returns its object ID."""
    made = ServicePrincipal(str(uuid4()), APPLICATION, inside.sandbox.clock.now())
    inside.tenant.add(made)
    return made.id


def add_assignment(
    inside: Inside, role: str, principal: str, scope: str = SCOPE, kind: str = "ServicePrincipal"
) -> RoleAssignment:
    now = inside.sandbox.clock.now()
    made = RoleAssignment(str(uuid4()), scope, role, principal, kind, now, now)
    inside.tenant.add(made)
    return made


def change_role(
    inside: Inside, guid: str, *, actions: tuple[str, ...] = (), scopes: tuple[str, ...] = ()
) -> None:
    """Adds actions or assignable scopes to a role, as a colleague may at any time."""
    role = inside.tenant.role_definitions[guid]
    (entry,) = role.permissions
    inside.tenant.add(
        replace(
            role,
            permissions=(Permission(entry.actions + actions),),
            assignable_scopes=role.assignable_scopes + scopes,
        )
    )


# What is compared


def shape(inside: Inside) -> dict[str, list[Any]]:
    """All that two ways to the same end have in common: everything but the IDs and times that Azure picks."""
    tenant = inside.tenant
    names = {one.id: one.app_id for one in tenant.service_principals.values()}
    roles = {one.guid: one.name for one in tenant.role_definitions.values()}
    return {
        "principals": sorted((one.app_id, one.account_enabled) for one in tenant.service_principals.values()),
        "roles": sorted(
            (
                one.name,
                one.description,
                sorted(one.assignable_scopes),
                [[sorted(a.lower() for a in part) for part in _parts(entry)] for entry in one.permissions],
            )
            for one in tenant.role_definitions.values()
            if one.custom
        ),
        "assignments": sorted(
            (
                names.get(one.principal_id, one.principal_id),
                one.principal_type,
                roles[one.role],
                one.scope,
                one.description or "",
            )
            for one in tenant.role_assignments.values()
        ),
        "locks": sorted(tenant.locks),
    }


def _parts(entry: Permission) -> tuple[tuple[str, ...], ...]:
    return entry.actions, entry.not_actions, entry.data_actions, entry.not_data_actions


def our_roles(inside: Inside, name: str = ROLE) -> list[str]:
    """The GUIDs of the roles of that name."""
    return [one.guid for one in inside.tenant.role_definitions.values() if one.name == name]
