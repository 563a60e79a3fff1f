"""AutoGraph: Python statements on tensors become nodes of a graph.

Functions are rewritten by diastatic-malt, which is TensorFlow's own transpiler made independent of
TensorFlow; what `if`, `while`, `for`, `and`, `not`, `assert`, `len` … do with tensors stands here.
"""
