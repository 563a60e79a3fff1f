"""Protocol buffer messages that `tensorboard.compat.proto` does not ship."""
