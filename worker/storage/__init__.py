"""Rows in and out: one dialect, set-based, no rules of the domain."""
