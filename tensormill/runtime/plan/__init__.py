"""A subgraph compiled to a program over kernels: straight-line code with everything decided in advance."""
