"""Figures that are measured, as medians and ratios; the checks on them live here, not in the tests."""
