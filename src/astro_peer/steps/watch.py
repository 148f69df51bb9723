"""Watch: look at a hub (or network) again and again until Astronomer's connection is settled, or the time is up.

What keeps a look from being made ends nothing while it can pass: a network that is gone, a service that is busy. Where
Azure no longer takes the caller, it is asked for a while all the same: a person may sign in again meanwhile.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError, NotFound, NotPermitted, SignInNeeded
from astro_peer.model import audit, watch
from astro_peer.model.audit import Event, Identity
from astro_peer.model.baseline import Baseline
from astro_peer.model.objects import Connection, Resource, within
from astro_peer.model.watch import Look, Seen, Verdict, Watch
from astro_peer.procedure import Procedure
from astro_peer.steps import resources
from astro_peer.steps.audit import events
from astro_peer.steps.peerings import Owners

_FIRST_PAUSE_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 60.0
_LONGEST_PAUSE_WHILE_CONNECTING_SECONDS = 15.0
_GROWS_BY = 1.5
_LOG_EVERY_SECONDS = 300.0
"""It may be 20 minutes late, and what it alone tells is rare: attempts that were refused."""
_LOG_FOR_NEWS_SECONDS = 4.0
"""Where it may say whose a connection is, or why it failed."""
_LOG_OVERLAP = timedelta(minutes=30)
"""Events come late: what was read last time is read once more."""
_REASON_SECONDS = 120.0
"""How long Azure's reason for a failure is waited for."""
_LAST_LOOK_SECONDS = 30.0
"""What a look may take at least, however little time is left."""
_NOT_TAKEN_SECONDS = 900.0
"""How long it is tried again where Azure does not take the caller."""
_PROVIDER = "Microsoft.Network"


class Observer(Protocol):
    """Is told of what changes, and of every wait, so that a person is never left looking at a silent terminal."""

    every_seconds: float
    """How often it wants to be told while nothing happens."""

    def seen(self, seen: Seen) -> None: ...
    def hindered(self, error: AstroPeerError, gives_up_in_seconds: float | None) -> None: ...
    def goes_on(self) -> None: ...
    def waiting(self, elapsed_seconds: float, at_most_seconds: float, next_look_seconds: float) -> None: ...


@dataclass(frozen=True)
class Watched:
    """What is watched, and what is known of it."""

    procedure: Procedure
    resource: Resource
    before: Baseline
    began: datetime
    """By Azure's clock."""
    log_since: datetime
    who: Identity


def watch_resource(
    azure: Azure, watched: Watched, owners: Owners, result: Watch, observer: Observer
) -> Watch:
    """`result`: what is to be filled in. Raises SignInNeeded, NotPermitted and NotFound, where that does not pass."""
    return _Watching(azure, watched, owners, result, observer).until_the_end()


class _Watching:
    def __init__(
        self, azure: Azure, watched: Watched, owners: Owners, result: Watch, observer: Observer
    ) -> None:
        self._azure = azure
        self._watched = watched
        self._owners = owners
        self._result = result
        self._observer = observer
        self._log = _Log(azure, watched)
        self._began = time.monotonic()
        self._pause = _FIRST_PAUSE_SECONDS
        self._failed_at: float | None = None
        self._hindered_since: float | None = None
        self._hindered = False

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    @property
    def _left(self) -> float:
        return self._result.at_most_seconds - self._elapsed

    def until_the_end(self) -> Watch:
        while True:
            self._azure.deadline.renew(min(self._azure.timeout_seconds, max(self._left, _LAST_LOOK_SECONDS)))
            ended = self._look()
            if ended or self._left <= 0:
                self._azure.deadline.renew(self._azure.timeout_seconds)
                return replace(self._result, elapsed_seconds=self._elapsed)
            self._sleep()

    def _look(self) -> bool:
        """Whether all is known."""
        try:
            seen = self._decided()
        except AstroPeerError as error:
            self._bear(error)
            return False
        if self._hindered:
            self._hindered = False
            self._observer.goes_on()
        self._hindered_since = None
        if seen != self._result.seen:
            self._pause = _FIRST_PAUSE_SECONDS
            self._observer.seen(seen)
        self._result = replace(
            self._result,
            seen=seen,
            elapsed_seconds=self._elapsed,
            log_unread=self._log.unread,
            last_error=None,
        )
        return seen.verdict.final and not self._reason_may_come(seen)

    def _decided(self) -> Seen:
        connections = resources.of(self._azure, self._watched.procedure).connections_of(
            self._watched.resource
        )
        self._log.read(_LOG_EVERY_SECONDS)
        seen = self._decide(connections)
        if any(one.peering.write is None for one in seen.sightings) or seen.verdict is Verdict.FAILED:
            self._log.read(_LOG_FOR_NEWS_SECONDS)
            seen = self._decide(connections)
        return seen

    def _decide(self, connections: tuple[Connection, ...]) -> Seen:
        astronomers, others = self._log.writes
        news = [one for one in connections if watch.is_news(self._watched.before, one, astronomers)]
        look = Look(
            connections,
            self._owners.of(one.remote_network_id for one in news),
            astronomers,
            others,
            self._log.unread,
        )
        return watch.decide(self._watched.before, look, began=self._watched.began)

    def _reason_may_come(self, seen: Seen) -> bool:
        if seen.verdict is not Verdict.FAILED or seen.reason or self._log.unread:
            return False
        if self._failed_at is None:
            self._failed_at = time.monotonic()
        return time.monotonic() - self._failed_at < _REASON_SECONDS and self._left > 0

    def _bear(self, error: AstroPeerError) -> None:
        """Raises the error where it has lasted too long to pass by itself."""
        gives_up_in: float | None = None
        if isinstance(error, SignInNeeded | NotPermitted | NotFound):
            now = time.monotonic()
            self._hindered_since = self._hindered_since or now
            gives_up_in = self._hindered_since + _NOT_TAKEN_SECONDS - now
            if gives_up_in <= 0:
                raise error
            if isinstance(error, SignInNeeded):
                self._azure.session.credential.forget()
        else:
            self._hindered_since = None
        if not self._hindered:
            self._hindered = True
            self._observer.hindered(error, gives_up_in)
        self._result = replace(self._result, last_error=error)

    def _sleep(self) -> None:
        connecting = self._result.verdict in (Verdict.CONNECTING, Verdict.FAILED)
        longest = _LONGEST_PAUSE_WHILE_CONNECTING_SECONDS if connecting else _LONGEST_PAUSE_SECONDS
        ends = time.monotonic() + min(self._pause, longest, self._left)
        self._pause = min(self._pause * _GROWS_BY, longest)
        while (left := ends - time.monotonic()) > 0:
            self._observer.waiting(self._elapsed, self._result.at_most_seconds, left)
            time.sleep(min(left, self._observer.every_seconds))


class _Log:
    """The writes to its connections, as far as the activity log shows them by now."""

    def __init__(self, azure: Azure, watched: Watched) -> None:
        self._azure = azure
        self._watched = watched
        self._events: dict[Event, None] = {}
        self._read_until: datetime | None = None
        self._read_at: float | None = None
        self.unread: AstroPeerError | None = None
        """Why it could not be read last time: watching goes on without it."""

    def read(self, not_within_seconds: float) -> None:
        """Unless it was read so lately."""
        now = time.monotonic()
        if self._read_at is not None and now - self._read_at < not_within_seconds:
            return
        self._read_at = now
        until = self._azure.now() + timedelta(minutes=1)
        since = self._read_until - _LOG_OVERLAP if self._read_until else self._watched.log_since
        since = min(max(since, self._watched.log_since), until)
        try:
            found = events(self._azure, self._watched.resource.subscription_id, since, until, _PROVIDER)
        except AstroPeerError as error:
            self.unread = error
            return
        self.unread = None
        self._read_until = until
        self._events |= dict.fromkeys(
            one for one in found if within(one.resource_id, self._watched.resource.id)
        )

    @property
    def writes(self) -> tuple[tuple[audit.LoggedWrite, ...], tuple[audit.LoggedWrite, ...]]:
        """Astronomer's, and everybody else's."""
        return audit.by_whom(tuple(self._events), self._watched.who, self._watched.procedure)
