"""Systems that cannot push: databases, files and web services that are read, never written (R7)."""
