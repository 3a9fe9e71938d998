"""The doors, use cases and adapters around the pure core."""

from worker.compiled import refuse_stale

refuse_stale()
