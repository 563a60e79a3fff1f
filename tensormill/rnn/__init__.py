"""Recurrent networks: cells, their wrappers, and the functions that unroll them over time."""
