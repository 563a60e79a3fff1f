"""Pure graph-to-graph passes: prune, place, simplify, partition. They see no device memory and no clock."""
