"""What the tests of a project use: scenarios for the domain, and helpers for what is around it."""

from chassis.testing.saga_scenario import SagaScenario
from chassis.testing.scenario import NOW, Scenario, new_id

__all__ = ["NOW", "SagaScenario", "Scenario", "new_id"]
