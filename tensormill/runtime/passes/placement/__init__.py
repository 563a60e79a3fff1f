"""The parts of the simple placer: rules of op types, device sets, colocation, messages."""
