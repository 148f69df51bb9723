"""What a command is asked to bring about, and where. Grant and revoke differ in this, not in how it is done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from astro_peer.model.end import Until
from astro_peer.model.objects import Permission, RoleDefinition
from astro_peer.model.place import Place
from astro_peer.procedure import Procedure


class Part(StrEnum):
    """The parts of a grant, in the order they are made, where duties are split."""

    PRINCIPAL = "principal"
    ROLE = "role"
    ASSIGNMENT = "assignment"


@dataclass(frozen=True)
class Wanted:
    procedure: Procedure
    tenant_id: str
    place: Place | None
    """None only for the service principal alone, which concerns the whole tenant."""
    granted: bool = True
    """Whether Astronomer is to have the rights, or to have them no longer."""
    role_name: str | None = None
    principal_id: str | None = None
    """The principal's object ID, from a user who may not read Microsoft Graph."""
    description: str | None = None
    """The user's text in the assignment; None leaves what is there."""
    until: Until | None = None
    """The grant's end; None leaves what is there."""
    enforce_until: bool = False
    """Whether Azure is to keep that end itself."""
    only: Part | None = None
    update_shared_role: bool = False
    delete_role: bool = False
    known: tuple[str, ...] = ()
    """Resource IDs of assignments to the principal that the user knows of and wants."""

    @property
    def target(self) -> Place:
        if self.place is None:
            raise ValueError("this concerns the tenant alone")
        return self.place

    @property
    def scope(self) -> str:
        return self.target.scope

    @property
    def application_id(self) -> str:
        return self.procedure.application_id

    @property
    def role(self) -> RoleDefinition:
        """As documented, assignable in this subscription alone, under the GUID that we derive."""
        name = self.role_name or self.procedure.role_name
        return RoleDefinition(
            guid=self.procedure.role_guid(self.tenant_id, name),
            role_name=name,
            is_custom=True,
            description=self.procedure.role_description,
            permissions=(Permission(actions=self.procedure.actions),),
            assignable_scopes=(self.scope,),
        )

    def includes(self, part: Part) -> bool:
        return self.only in (None, part)
