"""Soaks: load for as long as one likes, with faults, and what must hold in the end."""
