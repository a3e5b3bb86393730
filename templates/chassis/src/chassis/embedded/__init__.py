"""The embedded mode: the whole system on one machine, with real servers and without containers.

`python -m chassis.embedded up` starts NATS JetStream, the processes of the units and Envoy, as
configured in `topology.toml`. All its files are in `.local/`.
"""
