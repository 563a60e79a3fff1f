"""What each op does on a device type.

Functions over torch tensors, one module an op family (the twin of `ops`).
"""
