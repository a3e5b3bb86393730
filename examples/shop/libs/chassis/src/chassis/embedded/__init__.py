"""The embedded mode: the whole system on one machine, of real parts and without containers.

`python -m chassis.embedded up` starts NATS JetStream, the units' processes and Envoy, as
`topology.toml` of the project says. Everything it keeps lies in `.local/`.
"""
