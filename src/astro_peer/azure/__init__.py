"""The only package that imports an Azure SDK: a signed-in caller and what it can ask Azure.

Everything that comes out is one of `objects`' frozen dataclasses or an error of `astro_peer.errors`.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from astro_peer.model.way_out import WayOut
from astro_peer.waiting import Deadline, Patience, WaitObserver

if TYPE_CHECKING:
    from astro_peer.azure.activity_log import ActivityLog
    from astro_peer.azure.appliances import Appliances
    from astro_peer.azure.authorization import Authorization
    from astro_peer.azure.graph import Graph
    from astro_peer.azure.network import Network
    from astro_peer.azure.pipeline import AzureClock, Rest
    from astro_peer.azure.resources import Resources
    from astro_peer.azure.schedules import Schedules
    from astro_peer.azure.session import Session
    from astro_peer.azure.subscriptions import Subscriptions
    from astro_peer.azure.transport import Transport
    from astro_peer.azure.virtual_networks import VirtualNetworks
    from astro_peer.model.receipt import Receipt
    from astro_peer.procedure import Words

_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")
_MOST_CALLS_AT_ONCE = 24
_MOST_CONDUCTORS = 4


class Azure:
    """One caller's view of Azure; each part is loaded when it is first used, as the SDKs are slow to import."""

    def __init__(
        self,
        session: Session,
        observer: WaitObserver,
        timeout_seconds: float,
        deadline: Deadline | None = None,
        change_reference: str | None = None,
    ) -> None:
        """`timeout_seconds` bounds each request and each wait, the deadline all of them together.

        `change_reference` is for an Azure Policy that asks which change a write belongs to, and the ticket of a
        time-bound assignment.
        """
        self.session = session
        self.observer = observer
        self.timeout_seconds = timeout_seconds
        self.deadline = deadline or Deadline()
        self.receipts: list[Receipt] = []
        """Of all that was written, or tried to be, in the order of the answers."""
        self.change_reference = change_reference
        self._threads = ThreadPoolExecutor(max_workers=_MOST_CALLS_AT_ONCE)
        self._conductors = ThreadPoolExecutor(max_workers=_MOST_CONDUCTORS)

    def start(
        self, call: Callable[_Arguments, _Result], *args: _Arguments.args, **named: _Arguments.kwargs
    ) -> Future[_Result]:
        """Begin a read that others need not wait for. Started calls do not start others."""
        return self._threads.submit(call, *args, **named)

    def beside(
        self, work: Callable[_Arguments, _Result], *args: _Arguments.args, **named: _Arguments.kwargs
    ) -> Future[_Result]:
        """Begin work that starts reads itself, beside that of the caller. It does not begin other such work."""
        return self._conductors.submit(work, *args, **named)

    def explaining(
        self, summary: str, *, needs: WayOut | str = "the Reader role on the subscription"
    ) -> AbstractContextManager[None]:
        """Turn what Azure raises inside into an AstroPeerError.

        `summary` is what could not be done, a sentence; `needs` the rights it takes and where, after "Ask for".
        """
        from astro_peer.azure.explain import explaining

        account = self.session.account
        return explaining(summary, needs=needs, tenant_id=account.tenant_id, how=account.how)

    def patience(self, what_for: str, at_most_seconds: float | None = None) -> Patience:
        """The user's patience, or less of it, for one thing."""
        seconds = min(self.timeout_seconds, self.deadline.left())
        if at_most_seconds is not None:
            seconds = min(seconds, at_most_seconds)
        return Patience(what_for, seconds, self.observer)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        from astro_peer.azure.subscriptions import Subscriptions

        return Subscriptions(self)

    @cached_property
    def network(self) -> Network:
        from astro_peer.azure.network import Network

        return Network(self)

    @cached_property
    def appliances(self) -> Appliances:
        from astro_peer.azure.appliances import Appliances

        return Appliances(self)

    @cached_property
    def virtual_networks(self) -> VirtualNetworks:
        from astro_peer.azure.virtual_networks import VirtualNetworks

        return VirtualNetworks(self)

    def resources(self, resource_type: str, words: Words) -> Resources:
        """Of any type, as far as all of Azure's resources have it in common."""
        from astro_peer.azure.resources import Resources

        return Resources(self, resource_type, words)

    @cached_property
    def authorization(self) -> Authorization:
        from astro_peer.azure.authorization import Authorization

        return Authorization(self)

    @cached_property
    def schedules(self) -> Schedules:
        from astro_peer.azure.schedules import Schedules

        return Schedules(self)

    @cached_property
    def graph(self) -> Graph:
        from astro_peer.azure.graph import Graph

        return Graph(self)

    @cached_property
    def activity_log(self) -> ActivityLog:
        from astro_peer.azure.activity_log import ActivityLog

        return ActivityLog(self)

    @cached_property
    def rest(self) -> Rest:
        """Azure Resource Manager, for the few calls the SDKs do not offer."""
        from astro_peer.azure.pipeline import Rest

        return Rest(self.session.cloud.resource_manager, self.resource_manager_policies(), self.transport)

    @cached_property
    def transport(self) -> Transport:
        """One pool of connections for all clients: setting up TLS is a good part of a short run."""
        from astro_peer.azure.transport import Transport

        return Transport(deadline=self.deadline)

    @cached_property
    def _clock(self) -> AzureClock:
        from astro_peer.azure.pipeline import AzureClock

        return AzureClock()

    def younger_than(self, seconds: float, moment: datetime | None) -> bool:
        """Whether something was written so recently, by Azure's clock. Azure always says when: None is not recent."""
        return moment is not None and self._clock.now() - moment < timedelta(seconds=seconds)

    def now(self) -> datetime:
        """By Azure's clock, in UTC."""
        return self._clock.now()

    @property
    def clock_known(self) -> bool:
        """Whether Azure has said yet what time it is."""
        return self._clock.known

    def today(self) -> date:
        return self.now().date()

    def resource_manager_policies(self) -> list[Any]:
        return self.policies(self.session.cloud.resource_manager, self.session.cloud.resource_manager_scope)

    def policies(self, endpoint: str, scope: str) -> list[Any]:
        """A new pipeline's policies: azure-core links them to each other, so they cannot be shared."""
        from astro_peer.azure.pipeline import policies

        return policies(
            self.session,
            endpoint=endpoint,
            scope=scope,
            observer=self.observer,
            clock=self._clock,
            receipts=self.receipts,
            timeout_seconds=self.timeout_seconds,
            deadline=self.deadline,
            change_reference=self.change_reference,
        )

    def policies_without_sign_in(self, endpoint: str) -> list[Any]:
        from astro_peer.azure.pipeline import policies_without_sign_in

        return policies_without_sign_in(
            endpoint,
            observer=self.observer,
            timeout_seconds=self.timeout_seconds,
            deadline=self.deadline,
        )
