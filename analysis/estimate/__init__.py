"""Estimates from counts: each is a tidy table with its interval, its denominators and its status."""
