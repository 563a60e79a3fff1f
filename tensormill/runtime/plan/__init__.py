"""A subgraph compiled to a program over kernels.

Straight-line code with everything decided in advance.
"""
