"""Run by the shop's own Python: seconds from an accepted command to its row in the read model.

The units are asked directly: the gateway's rate limit would be what is measured otherwise.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import httpx
from chassis.testing.system import System

SAMPLES = 300
PRODUCT = {"name": "Teapot", "category": "kitchen", "price": "19.90"}


def main() -> None:
    """Print the samples as JSON."""
    root = Path(sys.argv[1])
    token = System.running(root).caller("merchant").token
    units: dict[str, str] = {}
    for process in json.loads((root / ".local/state.json").read_text())["plan"]["processes"]:
        units |= process["units"]
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(headers=headers, timeout=10) as http:
        samples = [_sample(http, units) for _ in range(SAMPLES)]
    print(json.dumps(samples[20:]))


def _sample(http: httpx.Client, units: dict[str, str]) -> float:
    answer = http.post(f"{units['product']}/products", json=PRODUCT)
    accepted = time.perf_counter()
    row = f"{units['catalog']}/catalog/{answer.raise_for_status().json()['product_id']}"
    while http.get(row).status_code != 200:
        if time.perf_counter() - accepted > 10:
            raise TimeoutError(row)
    seconds = time.perf_counter() - accepted
    time.sleep(0.02)  # idle in between: the figure is a latency, not a throughput
    return seconds


if __name__ == "__main__":
    main()
