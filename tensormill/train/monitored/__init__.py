"""Training loops that look after themselves: sessions with hooks, recovery, supervisors."""
