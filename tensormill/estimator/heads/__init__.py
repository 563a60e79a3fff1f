"""Heads of models: loss, predictions, metrics and training for one kind of label."""
