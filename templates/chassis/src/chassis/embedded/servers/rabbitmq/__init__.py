"""RabbitMQ on this machine."""
