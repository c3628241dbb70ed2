"""Whole-number tallies over a cohort; the only thing that estimates are made from."""
