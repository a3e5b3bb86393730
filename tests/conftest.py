"""What all suites share."""

from __future__ import annotations

import os
import signal

from hypothesis import settings

# On CI the examples are the same at every run and no clock decides: what is red there is a change's
# own doing. New examples are looked for wherever the tests run otherwise.
settings.register_profile("usual", deadline=None)
settings.register_profile("ci", settings.get_profile("usual"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "usual")

# A shell that starts the tests in the background has them ignore Ctrl-C, and all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
