"""What callers of few rights are told. They are applications of this run, with a secret that ends with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from acceptance.answers import Answer, Question, decided, judged, refused_with
from acceptance.calls import Caller
from acceptance.stage import CannotAsk, Stage
from astro_peer.azure import api_versions

_READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
_EFFECTIVE_SECONDS = 600
"""As Microsoft documents how long an assignment may take to have an effect."""
_PERMISSIONS = "providers/Microsoft.Authorization/permissions"


def _of_caller(stage: Stage) -> Answer:
    reply = stage.caller.arm("GET", f"{stage.scope}/{_PERMISSIONS}")
    return judged(reply, as_assumed=reply.ok and all("actions" in one for one in reply.value or [{}]))


def _nobody(stage: Stage) -> Caller:
    principal = stage.principal("without a role")
    return stage.sign_in(principal.application, stage.secret_of(principal.application))


def _without_role(stage: Stage) -> Answer:
    return refused_with(
        _nobody(stage).arm("GET", f"{stage.scope}/{_PERMISSIONS}"), "AuthorizationFailed", 403
    )


def _read_without_role(stage: Stage) -> Answer:
    path = f"{stage.scope}/providers/Microsoft.Authorization/roleAssignments"
    return refused_with(_nobody(stage).arm("GET", path), "AuthorizationFailed", 403)


def _reader(stage: Stage) -> Caller:
    principal = stage.principal("reader")
    reply = stage.assigned(stage.new_assignment(_READER, principal.object_id)).reply
    if not reply.ok and reply.code != "RoleAssignmentExists":
        raise CannotAsk("Reader could not be assigned", reply)
    return stage.sign_in(principal.application, stage.secret_of(principal.application))


def _as_reader(stage: Stage) -> Answer:
    reader = _reader(stage)
    seen = stage.until(
        lambda: reader.arm("GET", f"{stage.scope}/{_PERMISSIONS}"),
        lambda reply: any("*/read" in (one.get("actions") or ()) for one in reply.value),
        _EFFECTIVE_SECONDS,
    )
    if not seen.reply.ok:
        return judged(seen.reply, as_assumed=False)
    return decided(seen.agreed, f"shown {seen.after}")


def _activity_log(stage: Stage) -> Answer:
    """As the same reader, whose role has had its effect by then."""
    reader = _reader(stage)
    since = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    reply = stage.until(
        lambda: reader.arm(
            "GET",
            f"{stage.scope}/providers/Microsoft.Insights/eventtypes/management/values",
            version="2015-04-01",
            filter=f"eventTimestamp ge '{since}' and resourceProvider eq 'Microsoft.Authorization'",
        ),
        lambda reply: reply.ok or reply.status == 404,
    ).reply
    return judged(reply, as_assumed=reply.ok)


def _subscription_unknown(stage: Stage) -> Answer:
    return refused_with(
        stage.caller.arm("GET", f"/subscriptions/{uuid4()}", version=api_versions.SUBSCRIPTIONS),
        "SubscriptionNotFound",
        404,
    )


QUESTIONS = (
    Question(
        "permissions-of-caller",
        "Does a subscription list the caller's permissions, though the SDK offers no such call?",
        "Yes, an entry with actions for each role.",
        "`azure/subscriptions.py`: missing rights are told before anything is written",
        _of_caller,
    ),
    Question(
        "permissions-without-role",
        "What is a caller told who asks for his permissions where he has no role?",
        "403 `AuthorizationFailed`.",
        "`steps/observe.py`: taken for no rights at all",
        _without_role,
    ),
    Question(
        "permissions-of-reader",
        "Does a caller who is Reader see his permissions?",
        "Yes, within the ten minutes that an assignment may take.",
        "`model/rights.py`: says which rights a Reader lacks",
        _as_reader,
    ),
    Question(
        "read-without-role",
        "What refuses to list assignments to a caller without a role?",
        "403 `AuthorizationFailed`.",
        "`azure/explain.py`: says whom to ask for which role",
        _read_without_role,
    ),
    Question(
        "activity-log-of-reader",
        "Does Reader suffice to read the activity log?",
        "Yes; nothing in astro-peer needs it yet.",
        "a report of what Astronomer did with its rights could ask for no more",
        _activity_log,
    ),
    Question(
        "subscription-unknown",
        "What answers a subscription that exists nowhere?",
        "404 `SubscriptionNotFound`.",
        "`azure/explain.py`: says to check the ID",
        _subscription_unknown,
    ),
)
