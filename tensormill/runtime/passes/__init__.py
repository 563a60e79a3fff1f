"""Pure graph-to-graph passes.

Prune, place, simplify, partition. They see no device memory and no clock.
"""
