"""The options that commands share, each written down once.

A command takes an options dataclass as one parameter; `command` spreads its fields over the signature that
Typer reads, and puts the dataclass together again for the call.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from astro_peer import names, procedure
from astro_peer.azure.auth import Auth
from astro_peer.errors import UsageError
from astro_peer.model.end import Until
from astro_peer.model.place import Where
from astro_peer.output import Output
from astro_peer.output.export import Language
from astro_peer.output.report.file import report_file
from astro_peer.output.report.recording import Recording
from astro_peer.procedure import Procedure

_Parsed = TypeVar("_Parsed")
_DEFAULT_TIMEOUT_SECONDS = 600


class OutputFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


def checked(check: Callable[[str], _Parsed]) -> Callable[[Any], _Parsed]:
    """A Typer parser from one of `names`' checks: its ValueError becomes a usage error (exit 2)."""

    def parse(value: Any) -> Any:
        if not isinstance(value, str):  # a default that is already parsed
            return value
        try:
            return check(value)
        except ValueError as error:
            raise typer.BadParameter(f"{_shortened(value)} is not valid: {error}.") from None

    parse.__name__ = check.__name__
    return parse


def _shortened(value: str) -> str:
    shown = ascii(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}...'"


def _option(*flags: str, help: str, check: Callable[[str], Any], metavar: str, panel: str) -> Any:
    environment = "ASTRO_PEER_" + flags[0].removeprefix("--").replace("-", "_").upper()
    return typer.Option(
        *flags,
        help=help,
        parser=checked(check),
        metavar=metavar,
        envvar=environment,
        show_envvar=False,
        rich_help_panel=panel,
    )


def _principal_object_id(value: str) -> str:
    application_id = procedure.load().application_id
    if names.guid(value) == application_id:
        raise ValueError(
            "that is the application's ID; expected the object ID of its service principal, as"
            f" `az ad sp show --id {application_id} --query id` prints it"
        )
    return names.guid(value)


_PLACE = "Where"
_SUPPORT = "For the support request"
_ROLE = "Role"
_SIGN_IN = "Sign-in"
_OUTPUT = "Output"

TenantOption = Annotated[
    str | None,
    _option(
        "--tenant",
        help="The tenant to sign in to, by its ID or a domain.",
        check=names.tenant,
        metavar="TENANT",
        panel=_SIGN_IN,
    ),
]
SubscriptionOption = Annotated[
    str | None,
    _option(
        "--subscription",
        "-s",
        help="Subscription of the virtual hub or network, by its ID or name.",
        check=names.subscription,
        metavar="SUBSCRIPTION",
        panel=_PLACE,
    ),
]
RoleNameOption = Annotated[
    str | None,
    _option(
        "--role-name",
        help="A name of your own for the custom role, if the documented one is taken.",
        check=names.role_name,
        metavar="NAME",
        panel=_ROLE,
    ),
]
KnownOption = Annotated[
    list[Any] | None,
    _option(
        "--known",
        help="Resource ID of a role assignment to Astronomer's service principal that you know of and want: shown,"
        " not counted. Can be repeated.",
        check=names.assignment_ids,
        metavar="ASSIGNMENT_ID",
        panel=_ROLE,
    ),
]
ChangeReferenceOption = Annotated[
    str | None,
    _option(
        "--change-reference",
        help="Your change's number: for the report, and where Azure asks which change a write belongs to.",
        check=names.description,
        metavar="TEXT",
        panel=_OUTPUT,
    ),
]
ReportOption = Annotated[
    Any | None,
    _option(
        "--report",
        help="Also write what was found and done to a file to keep; its name ends in .md, .html or .json. Nothing is"
        " overwritten.",
        check=report_file,
        metavar="FILE",
        panel=_OUTPUT,
    ),
]
UntilOption = Annotated[
    Until | None,
    _option(
        "--until",
        help="The last day of the grant, or how many days it is to last from today: a note beside the description,"
        " which only a day moves.",
        check=names.until,
        metavar="DATE|14d",
        panel=_ROLE,
    ),
]
EnforceUntilOption = Annotated[
    bool,
    typer.Option(
        "--enforce-until",
        help="Have Azure keep the end that --until says (Privileged Identity Management: Entra ID P2 or Governance).",
        envvar="ASTRO_PEER_ENFORCE_UNTIL",
        show_envvar=False,
        rich_help_panel=_ROLE,
    ),
]
PrincipalOption = Annotated[
    str | None,
    typer.Option(
        "--principal-object-id",
        help="Object ID of Astronomer's service principal, for callers who may not read Microsoft Graph.",
        parser=checked(_principal_object_id),
        metavar="OBJECT_ID",
        rich_help_panel=_ROLE,
    ),
]
ExportOption = Annotated[
    Language | None,
    typer.Option(
        "--export",
        metavar="LANGUAGE",
        help="Write nothing: print the same for another tool: az (which is --dry-run), powershell, terraform or arm.",
    ),
]
PlanOption = Annotated[
    Path | None,
    typer.Option(
        "--plan",
        help="Write nothing to Azure: save the plan to this file, to be reviewed, and carried out by `apply`.",
        parser=Path,
        metavar="FILE",
    ),
]
SavedPlanArgument = Annotated[
    Path, typer.Argument(help="A plan that was saved with --plan.", parser=Path, metavar="FILE")
]
UpdateSharedRoleOption = Annotated[
    bool,
    typer.Option(
        "--update-shared-role",
        help="Allow a change to a role that other scopes use too.",
        rich_help_panel=_ROLE,
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; the plan is still shown.")]


ProcedureOption = Annotated[
    Procedure | None,
    _option(
        "--procedure",
        help="Which of Astronomer's procedures, where no hub or network is named: vhub (for a virtual hub, and if"
        " nothing is said) or vnet (for a virtual network).",
        check=names.procedure,
        metavar="vhub|vnet",
        panel=_PLACE,
    ),
]


@dataclass(frozen=True)
class PlaceOptions:
    """Which virtual hub or network is meant; what is left out is found if there is just one."""

    hub_id: Annotated[
        Where | None,
        _option(
            "--hub-id",
            help="Resource ID of the virtual hub, in place of the three options below.",
            check=names.hub_id,
            metavar="RESOURCE_ID",
            panel=_PLACE,
        ),
    ] = None
    vnet_id: Annotated[
        Where | None,
        _option(
            "--vnet-id",
            help="Resource ID of the virtual network, where that is to be peered and no hub.",
            check=names.vnet_id,
            metavar="RESOURCE_ID",
            panel=_PLACE,
        ),
    ] = None
    subscription: SubscriptionOption = None
    resource_group: Annotated[
        str | None,
        _option(
            "--resource-group",
            "-g",
            help="Resource group of the virtual hub or network.",
            check=names.resource_group,
            metavar="NAME",
            panel=_PLACE,
        ),
    ] = None
    hub: Annotated[
        str | None,
        _option(
            "--hub", help="Name of the virtual hub.", check=names.network_name, metavar="NAME", panel=_PLACE
        ),
    ] = None
    vnet: Annotated[
        str | None,
        _option(
            "--vnet", help="Name of the virtual network.", check=names.vnet_name, metavar="NAME", panel=_PLACE
        ),
    ] = None
    procedure: ProcedureOption = None

    def where(self, context: typer.Context) -> Where:
        """The place that is meant.

        If any of them is on the command line, those from the environment are ignored: a hub ID that is
        exported for one hub must not quietly redirect a command that names another. Raises UsageError.
        """
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        if on_command_line := self.on_command_line(context):
            given = {name: value if name in on_command_line else None for name, value in given.items()}
        end = "." if on_command_line else " (from the environment)."
        selected = _selected(given, end)
        by_id = next((name for name in ("hub_id", "vnet_id") if given[name] is not None), None)
        if by_id is None:
            return Where(
                given["subscription"], given["resource_group"], given["hub"] or given["vnet"], selected
            )
        contradicting = [
            name for name in ("subscription", "resource_group", "hub", "vnet") if given[name] is not None
        ]
        if contradicting:
            raise UsageError(
                f"{_typed(by_id)} says subscription, resource group and {selected.short.one} already.",
                meaning=f"Given as well: {', '.join(map(_typed, contradicting))}{end}",
                next_step="Leave one or the other out.",
            )
        where: Where = given[by_id]
        return where

    def on_command_line(self, context: typer.Context) -> set[str]:
        """Which of them the user has typed."""
        return {
            field.name
            for field in fields(self)
            if _source(context, field.name) == "COMMANDLINE" and getattr(self, field.name) is not None
        }


def _selected(given: dict[str, Any], end: str) -> Procedure:
    """The procedure that the options mean. Raises UsageError where they mean several."""
    meant = {name: procedure.load(key) for name, key in _MEANING if given[name] is not None}
    if given["procedure"] is not None:
        meant["procedure"] = given["procedure"]
    if len({one.key for one in meant.values()}) > 1:
        raise UsageError(
            "A virtual hub and a virtual network are meant at the same time.",
            meaning=f"Given: {', '.join(map(_typed, meant))}{end} Each has a grant of its own.",
            next_step="Name one of them; for both, run the command for one after the other.",
        )
    return next(iter(meant.values()), procedure.load())


_MEANING = (
    ("hub_id", procedure.VHUB),
    ("hub", procedure.VHUB),
    ("vnet_id", procedure.VNET),
    ("vnet", procedure.VNET),
)


def _typed(name: str) -> str:
    return "--" + name.replace("_", "-")


@dataclass(frozen=True)
class RoleOptions:
    """Where the names or objects of the documentation are not the ones to use."""

    role_name: RoleNameOption = None
    principal_object_id: PrincipalOption = None


@dataclass(frozen=True)
class DryRunOptions:
    """Print the same in another language in place of doing it."""

    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Write nothing: print the same steps as a script of az commands, to review."
        ),
    ] = False
    export: ExportOption = None
    offline: Annotated[
        bool,
        typer.Option(
            "--offline",
            help="With --dry-run or --export: do not connect at all. Needs --tenant and --subscription.",
        ),
    ] = False

    def __post_init__(self) -> None:
        if self.dry_run and self.export not in (None, Language.AZ):
            raise UsageError(
                f"--dry-run and --export {self.export} are two languages.",
                meaning="--dry-run is --export az.",
                next_step="Leave one or the other out.",
            )
        if self.offline and not self.language:
            raise UsageError(
                "--offline goes with --dry-run or --export.",
                meaning="Without a connection nothing can be changed, only be written down.",
                next_step="Add --dry-run, or leave --offline out.",
            )

    @property
    def language(self) -> Language | None:
        """In which nothing is done, and all is printed; None where it is done."""
        return self.export or (Language.AZ if self.dry_run else None)


@dataclass(frozen=True)
class SupportOptions:
    """What only the user knows of the support request."""

    cluster_id: Annotated[
        str | None,
        _option(
            "--cluster-id",
            help="ID of the dedicated Astro cluster, from the Astro UI.",
            check=names.cluster_id,
            metavar="ID",
            panel=_SUPPORT,
        ),
    ] = None
    peering_name: Annotated[
        str | None,
        _option(
            "--peering-name",
            help="Name you would like for the connection.",
            check=names.network_name,
            metavar="NAME",
            panel=_SUPPORT,
        ),
    ] = None
    firewall_ip: Annotated[
        str | None,
        _option(
            "--firewall-ip",
            help="Private address of the firewall in front of the hub, if it is not the hub's own Azure Firewall.",
            check=names.firewall_ip,
            metavar="ADDRESS",
            panel=_SUPPORT,
        ),
    ] = None

    def asked_for(self, context: typer.Context, procedure: Procedure) -> SupportOptions:
        """Without what support does not ask for in this procedure. Raises UsageError where the user has typed it."""
        foreign = [
            name
            for name in ("peering_name", "firewall_ip")
            if getattr(self, name) is not None and not procedure.asks_for(name)
        ]
        typed = [name for name in foreign if _source(context, name) == "COMMANDLINE"]
        if typed:
            raise UsageError(
                f"{_typed(typed[0])} does not belong to a {procedure.resource.one}.",
                meaning=f"Astronomer support does not ask for it where a {procedure.resource.one} is peered.",
                next_step="Leave it out.",
            )
        return replace(self, **dict.fromkeys(foreign))


@dataclass(frozen=True)
class ConnectionOptions:
    """How to sign in, and to which cloud."""

    auth: Annotated[
        Auth,
        typer.Option(
            metavar="WAY",
            help="How to sign in: auto (a service principal from the environment, then az, then the browser),"
            " cli, environment, managed-identity, browser or device-code.",
            envvar="ASTRO_PEER_AUTH",
            show_envvar=False,
            rich_help_panel=_SIGN_IN,
        ),
    ] = Auth.AUTO
    tenant: TenantOption = None
    cloud: Annotated[
        str | None,
        _option(
            "--cloud",
            help="Metadata URL of a simulated tenant; left out: Azure's public cloud.",
            check=names.loopback_metadata_url,
            metavar="URL",
            panel=_SIGN_IN,
        ),
    ] = None
    timeout: Annotated[
        int,
        typer.Option(
            min=1,
            max=7200,
            metavar="SECONDS",
            help="How long it may take at most, with all waits for Azure; open questions do not count.",
            envvar="ASTRO_PEER_TIMEOUT",
            show_envvar=False,
            rich_help_panel=_SIGN_IN,
        ),
    ] = _DEFAULT_TIMEOUT_SECONDS


class ListFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
    TSV = "tsv"


NoColorOption = Annotated[
    bool, typer.Option("--no-color", help="No colours (NO_COLOR does the same).", rich_help_panel=_OUTPUT)
]
VerboseOption = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="Show all of a plan, and each request to Azure.", rich_help_panel=_OUTPUT
    ),
]
DebugOption = Annotated[
    bool,
    typer.Option(
        "--debug",
        help="Also show headers and tracebacks; secrets and tokens are left out.",
        rich_help_panel=_OUTPUT,
    ),
]


@dataclass(frozen=True)
class OutputOptions:
    """How results are shown."""

    output: Annotated[
        OutputFormat,
        typer.Option(
            "--output",
            "-o",
            metavar="text|json",
            help="Form of the result on standard output.",
            envvar="ASTRO_PEER_OUTPUT",
            show_envvar=False,
            rich_help_panel=_OUTPUT,
        ),
    ] = OutputFormat.TEXT
    no_color: NoColorOption = False
    verbose: VerboseOption = False
    debug: DebugOption = False


@dataclass(frozen=True)
class ListOutputOptions:
    """How a list is shown: also as lines of fields between tabs, for other programs."""

    output: Annotated[
        ListFormat,
        typer.Option(
            "--output",
            "-o",
            metavar="text|json|tsv",
            help="Form of the list on standard output.",
            envvar="ASTRO_PEER_OUTPUT",
            show_envvar=False,
            rich_help_panel=_OUTPUT,
        ),
    ] = ListFormat.TEXT
    no_color: NoColorOption = False
    verbose: VerboseOption = False
    debug: DebugOption = False


def command(function: Callable[..., int]) -> Callable[..., int]:
    """Spread every parameter that is an options dataclass into one parameter for each of its fields."""
    hints = get_type_hints(function, include_extras=True)
    groups: dict[str, Any] = {}
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(function).parameters.values():
        kind = hints[parameter.name]
        if not is_dataclass(kind):
            parameters.append(parameter.replace(annotation=kind, kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        groups[parameter.name] = kind
        field_hints = get_type_hints(kind, include_extras=True)
        parameters += [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=field.default,
                annotation=field_hints[field.name],
            )
            for field in fields(kind)
        ]

    @functools.wraps(function)
    def spread(**values: Any) -> int:
        for name, kind in groups.items():
            values[name] = kind(**{field.name: values.pop(field.name) for field in fields(kind)})
        return function(**values)

    spread.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    spread.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    del spread.__wrapped__  # else its hints would be read from `function`
    return spread


def known_assignments(given: list[Any] | None) -> tuple[str, ...]:
    """All that `--known` names, each once."""
    return tuple({one.lower(): one for several in given or () for one in several}.values())


def _source(context: typer.Context, name: str) -> str:
    source = context.get_parameter_source(name)
    return source.name if source else ""


def begin(
    context: typer.Context,
    name: str,
    show: OutputOptions | ListOutputOptions,
    report: Path | None = None,
    change_reference: str | None = None,
) -> Output:
    """The run's output, told how the user wants it."""
    output: Output = context.obj
    output.begin(
        name,
        json=show.output.value == OutputFormat.JSON.value,
        no_color=show.no_color,
        verbose=show.verbose,
        debug=show.debug,
        recording=Recording(report, change_reference) if report else None,
    )
    return output
