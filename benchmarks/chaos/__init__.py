"""`make chaos SEED=n`: real processes, broken on purpose, and a ledger by Message-ID."""
