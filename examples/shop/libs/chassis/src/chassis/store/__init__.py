"""Where units keep their data: one port, an adapter for every engine."""
