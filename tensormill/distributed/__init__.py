"""Tasks that work together: who they are, the servers they run on, and the wire between them."""
