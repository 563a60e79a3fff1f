"""Layers, the networks that they form, and their training."""
