"""Speed and memory, measured in one run beside a floor: `make bench`."""
