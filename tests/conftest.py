"""What all suites share."""

from __future__ import annotations

import os

from hypothesis import settings

# On CI the examples are the same at every run and no clock decides: what is red there is a change's
# own doing. New examples are looked for wherever the tests run otherwise.
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")
