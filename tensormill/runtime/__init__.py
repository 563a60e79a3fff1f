"""Everything between a graph and its values: devices, passes, plans, resources, master and worker as plain objects."""
