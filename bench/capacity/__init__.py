"""The capacity model against what was measured: calibration, simulation, comparison."""
