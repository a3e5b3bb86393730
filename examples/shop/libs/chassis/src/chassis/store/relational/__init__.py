"""What the stores on relational database servers share: commits that wait share a transaction."""
