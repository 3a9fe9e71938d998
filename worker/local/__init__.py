"""Servers that need nobody: PostgreSQL and Valkey from wheels."""
