"""Test support: scenarios for aggregates, sagas and streams, and example values."""

from chassis.testing.saga_scenario import SagaScenario
from chassis.testing.scenario import NOW, Scenario, example_id, new_id
from chassis.testing.stream_scenario import StreamScenario

__all__ = ["NOW", "SagaScenario", "Scenario", "StreamScenario", "example_id", "new_id"]
