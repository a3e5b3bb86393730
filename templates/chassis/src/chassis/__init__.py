"""What every unit of the system shares: the chassis under its services, projections and front ends."""
