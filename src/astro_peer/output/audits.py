"""What Astronomer did with the grant, and who made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from astro_peer.model.audit import Audit, LoggedWrite
    from astro_peer.output.terminal import Terminal


def show(terminal: Terminal, audit: Audit) -> None:
    """What Astronomer did, a line for each write; what stands out first said, then marked."""
    since = " (the grant)" if audit.since_grant else ""
    terminal.say(f"\nBy the activity log, since {audit.since:%Y-%m-%d %H:%M} UTC{since}")
    terminal.result(audit.says)
    for one in audit.standing_out:
        terminal.result(f"  ! {one.began:%Y-%m-%d %H:%M:%S}  {one.what} {one.on}: {one.stands_out}")
    if audit.writes:
        terminal.result("")
        terminal.rows(*_logged(audit.writes))
    terminal.result("\nWho made and changed the grant")
    if audit.granting:
        terminal.rows(*_logged(audit.granting, by=True))
    else:
        terminal.result("The log shows nothing of it since then.")
    terminal.heading("What the log cannot show")
    for line in audit.not_shown:
        terminal.say(f"  - {line}")


def _logged(writes: Iterable[LoggedWrite], *, by: bool = False) -> tuple[list[str], list[list[str]]]:
    """`by`: with who did it, where that is not told by the title."""
    columns = ["When (UTC)", "What", "On", *(["By"] if by else []), "From", "Result", "Correlation ID"]
    return columns, [
        [
            f"{one.began:%Y-%m-%d %H:%M:%S}",
            one.what,
            one.on,
            *([one.caller] if by else []),
            one.address or "-",
            one.result,
            one.correlation_id,
        ]
        for one in writes
    ]
