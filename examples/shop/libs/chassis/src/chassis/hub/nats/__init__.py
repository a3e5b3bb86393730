"""The adapter for NATS JetStream, on nats-py."""
