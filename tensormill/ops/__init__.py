"""The ops, by family.

One declaration an op holds its signature, shape function, gradient and public function.
"""
