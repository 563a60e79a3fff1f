"""The modules of TensorFlow 1.15 under their own names, for programs that import them.

`table` says which module of tensormill stands for which of TensorFlow, `known_names` what
TensorFlow has, and `finder` makes the modules when a program imports them. The other modules hold
what only such programs need.
"""
