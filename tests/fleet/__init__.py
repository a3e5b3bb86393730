"""The example shop as a fleet of processes, for the fault suite and the benchmarks."""
