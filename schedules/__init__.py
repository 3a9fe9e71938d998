"""Whether and when, and of what kind: the pure core, standard library only."""
