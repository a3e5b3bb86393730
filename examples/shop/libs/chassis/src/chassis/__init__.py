"""What every unit of the system shares: the chassis under services, projections and BFFs."""
