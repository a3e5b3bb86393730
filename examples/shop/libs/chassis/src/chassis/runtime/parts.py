"""What the consumers of a unit share."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.dead_letters import DeadLetters
from chassis.hub.port import Hub
from chassis.runtime.committer import Committer
from chassis.runtime.membership import Membership
from chassis.runtime.retries import Retry
from chassis.store.port import Store
from chassis.telemetry import Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the consumers of a unit share."""

    store: Store
    hub: Hub
    committer: Committer
    membership: Membership
    dead_letters: DeadLetters
    retry: Retry
    telemetry: Telemetry
