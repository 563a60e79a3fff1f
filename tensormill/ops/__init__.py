"""The ops, by family: one declaration an op holds its signature, shape function, gradient and public function."""
