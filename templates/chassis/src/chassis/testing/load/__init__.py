"""The load test of a project: the peak of its spec, held to its service level objectives.

    load_test(ROOT, {"/": Objectives(availability=99.9, p95=200, p99=500)})

    class AnOrder(Arrivals):
        rate = 20.0

        def arrive(self) -> Iterator[None]:
            customer = self.caller("customer")  # prepared before the peak begins
            yield
            customer.post("/orders/place-order")  # at a random time

It is an open model: arrivals come at random times (a Poisson process) whether or not earlier ones
are done, as users do who know nothing of each other, and the latency of the first request counts
from the time when it was due. In a closed model a slow system slows its callers down, and the
requests that they would have sent meanwhile are missing in the percentiles (coordinated omission).

Nothing is imported here, because Locust replaces parts of the standard library (gevent).
"""
