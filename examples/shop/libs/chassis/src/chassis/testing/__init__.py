"""Test support: scenarios for aggregates and sagas, and example values."""

from chassis.testing.saga_scenario import SagaScenario
from chassis.testing.scenario import NOW, Scenario, example_id, new_id

__all__ = ["NOW", "SagaScenario", "Scenario", "example_id", "new_id"]
