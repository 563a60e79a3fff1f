"""Everything between a graph and its values.

Devices, passes, plans, resources, master and worker as plain objects.
"""
