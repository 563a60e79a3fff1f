"""Passes from graph to graph: place, prune, inline, simplify, partition.

They see no device memory and no clock.
"""
