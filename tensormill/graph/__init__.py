"""The graph: dtypes, shapes, devices, operations, tensors, scopes, errors; it runs nothing."""
