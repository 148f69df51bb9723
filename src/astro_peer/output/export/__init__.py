"""Plans in other tools' languages. A writer decides nothing: it spells the changes of a plan."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from astro_peer.errors import UsageError
from astro_peer.model.wanted import Part
from astro_peer.model.way_out import astro_peer, way_out

if TYPE_CHECKING:
    from astro_peer.model.plan import Plan


class Language(StrEnum):
    AZ = "az"
    POWERSHELL = "powershell"
    TERRAFORM = "terraform"
    ARM = "arm"

    @property
    def declares(self) -> bool:
        """Whether it says what there is to be, and no steps: then it has no word for taking away."""
        return self in (Language.TERRAFORM, Language.ARM)


def export(plan: Plan, language: Language = Language.AZ, change_reference: str | None = None) -> str:
    """The plan in that language; ends with a line break. The same plan gives the same text on the same day.

    With a reference every write is for that change, where the language can say so. Raises UsageError for what the
    language cannot express: see `require`.
    """
    require(language, granted=plan.wanted.granted, only=plan.wanted.only, time_bound=plan.time_bound)
    match language:
        case Language.AZ:
            from astro_peer.output.export import az

            return az.script(plan, change_reference)
        case Language.POWERSHELL:
            from astro_peer.output.export import powershell

            return powershell.script(plan, change_reference)
        case Language.TERRAFORM:
            from astro_peer.output.export import terraform

            return terraform.configuration(plan, change_reference)
        case Language.ARM:
            from astro_peer.output.export import arm

            return arm.template(plan, change_reference)


_KEEPS = {
    Language.TERRAFORM: "Terraform takes away what it manages when its blocks are removed, or by terraform destroy.",
    Language.ARM: "A deployment adds and changes; it never removes anything.",
}
_MAKES_NO_PRINCIPAL = {
    Language.TERRAFORM: "Terraform's resource for it would enable one that was disabled, overwrite what others wrote in"
    " it, and delete it in the end; so only its data source is used.",
    Language.ARM: "A template makes resources in Azure, and a service principal is in Microsoft Entra ID.",
}


def require(language: Language, *, granted: bool, only: Part | None, time_bound: bool = False) -> None:
    """Raises UsageError for a plan that the language cannot express, whatever is in Azure."""
    if time_bound and language is not Language.AZ:
        raise UsageError(
            f"A time-bound role assignment cannot be exported as {language}.",
            meaning="Azure ends it by Privileged Identity Management, which only the bash script is written for.",
            next_step="Use `--export az`, or leave --enforce-until out.",
        )
    if not language.declares:
        return
    if not granted:
        raise UsageError(
            f"A revoke cannot be exported as {language}.",
            meaning=_KEEPS[language],
            next_step=way_out(
                "Use `--export az` or `--export powershell`, or run ", astro_peer("revoke"), "."
            ),
        )
    if only is Part.PRINCIPAL:
        raise UsageError(
            f"The service principal alone cannot be exported as {language}.",
            meaning=_MAKES_NO_PRINCIPAL[language],
            next_step="Use `--only principal` with `--export az` or `--export powershell`.",
        )
