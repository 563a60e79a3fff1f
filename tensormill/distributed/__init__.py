"""Tasks that work together: who they are, and in time the servers and the wire between them."""
