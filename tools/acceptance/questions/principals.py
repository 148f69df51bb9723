"""Service principals: new, a second time, disabled and deleted."""

from __future__ import annotations

from uuid import uuid4

from acceptance.answers import Answer, Question, decided, judged, refused_with
from acceptance.calls import SIGNED_IN, Reply
from acceptance.stage import Application, CannotAsk, Stage

_DELETED = "directory/deletedItems/microsoft.graph.servicePrincipal"


def _shown(stage: Stage) -> Answer:
    principal = stage.fresh_principal()
    application_id = principal.application.application_id
    by_id = stage.until(
        lambda: stage.caller.graph("GET", f"servicePrincipals/{principal.object_id}"), lambda reply: reply.ok
    )
    by_application = stage.until(
        lambda: stage.caller.graph("GET", f"servicePrincipals(appId='{application_id}')"),
        lambda reply: reply.ok,
    )
    missed = (*by_id.before, *by_application.before)
    others = [reply for reply in missed if (reply.status, reply.code) != (404, "Request_ResourceNotFound")]
    if others:
        return judged(others[0], as_assumed=False)
    return decided(
        by_id.agreed and by_application.agreed,
        f"by object ID {by_id.after}, by application ID {by_application.after}; {len(missed)} times 404 before",
    )


def _again(stage: Stage) -> Answer:
    body = {"appId": stage.principal().application.application_id}
    return refused_with(
        stage.caller.graph("POST", "servicePrincipals", body), "Request_MultipleObjectsWithSameKeyValue", 409
    )


def _unknown_application(stage: Stage) -> Answer:
    """With the ledger told, in case there is such an application after all."""
    nobodys = Application(f"{stage.run.name} of nobody", "", str(uuid4()))
    reply = stage.try_principal(nobodys)
    return refused_with(reply, "NoBackingApplicationObject", 400)


def _sign_in(stage: Stage, application: Application, code: str, change: Reply, secret: str) -> Answer:
    if not change.ok:
        raise CannotAsk("the service principal could not be changed", change)
    seen = stage.sign_in_says(application, secret, lambda says: says != SIGNED_IN)
    return decided(f"{code}:" in seen.reply.message, f"{seen.reply.message} ({seen.after})")


def _disabled(stage: Stage) -> Answer:
    principal = stage.principal("disabled")
    secret = stage.secret_of(principal.application)
    stage.sign_in(principal.application, secret)
    change = stage.caller.graph(
        "PATCH", f"servicePrincipals/{principal.object_id}", {"accountEnabled": False}
    )
    return _sign_in(stage, principal.application, "AADSTS7000112", change, secret)


def _missing(stage: Stage) -> Answer:
    principal = stage.principal("missing")
    secret = stage.secret_of(principal.application)
    stage.sign_in(principal.application, secret)
    change = stage.delete_principal(principal)
    return _sign_in(stage, principal.application, "AADSTS7000229", change, secret)


def _deleted(stage: Stage) -> Answer:
    principal = stage.principal("deleted")
    deleted = stage.delete_principal(principal)
    if not deleted.ok:
        return judged(deleted, as_assumed=False)
    application_id = principal.application.application_id
    seen = stage.until(
        lambda: stage.caller.graph("GET", _DELETED, filter=f"appId eq '{application_id}'"),
        lambda reply: any(one.get("id") == principal.object_id for one in reply.value),
    )
    if not seen.reply.ok:
        return judged(seen.reply, as_assumed=False)
    return decided(seen.agreed, f"listed {seen.after}")


QUESTIONS = (
    Question(
        "principal-shown",
        "What answers a read of a new service principal that Graph does not show yet, and how long?",
        "404 `Request_ResourceNotFound`, at most two minutes.",
        "`azure/graph.py`: any other 404 is taken for a fault",
        _shown,
    ),
    Question(
        "principal-again",
        "What refuses a second service principal of an application?",
        "409 `Request_MultipleObjectsWithSameKeyValue`.",
        "`azure/graph.py`: then it is there already, and is looked for",
        _again,
    ),
    Question(
        "application-unknown",
        "What refuses a service principal of an application that does not exist?",
        "400, `NoBackingApplicationObject` among the details.",
        "`azure/explain.py`: says that one is signed in to the wrong cloud",
        _unknown_application,
    ),
    Question(
        "principal-disabled",
        "What does Entra say to an application whose service principal is disabled?",
        "`AADSTS7000112`.",
        "`azure/sign_in.py`: says who can enable it; the sandbox's Astronomer is told the same",
        _disabled,
    ),
    Question(
        "principal-missing",
        "What does Entra say to an application without a service principal in the tenant?",
        "`AADSTS7000229`.",
        "`azure/sign_in.py`: says who can make it; before a grant Astronomer is told the same",
        _missing,
    ),
    Question(
        "principal-deleted",
        "Is a deleted service principal listed among the deleted items, with its application ID?",
        "Yes, within two minutes.",
        "`model/assignment.py`: only then is an assignment taken for an orphan of Astronomer's",
        _deleted,
    ),
)
