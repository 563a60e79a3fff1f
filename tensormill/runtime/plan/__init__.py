"""A subgraph compiled to a program: straight-line code over kernels, decided in advance."""
