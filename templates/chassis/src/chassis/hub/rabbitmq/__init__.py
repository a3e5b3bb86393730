"""The adapter for RabbitMQ, on aio-pika."""
