"""Sequences from sequences: decoders, attention, losses, and the older functions of this kind."""
