"""The parts of the simple placer: rules of op types, devices to choose from, colocation groups, messages."""
