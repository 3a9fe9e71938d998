"""Our figure beside others': bare metal, and what a team would install or build; see docs/performance.md."""
