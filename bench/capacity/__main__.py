"""Print the costs that `figures` give, for `meshgen.capacity.costs`."""

from __future__ import annotations

from dataclasses import asdict

from bench.capacity.calibration import calibrated, shop
from bench.capacity.figures import FIGURES

for name, value in asdict(calibrated(FIGURES, shop())).items():
    print(f"    {name}={value:g},")
