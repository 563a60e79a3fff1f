"""The `tensormill` command: one module a subcommand, listed in the table of `main`."""
