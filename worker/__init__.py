"""The doors, use cases and adapters around the pure core."""
