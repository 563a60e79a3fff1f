"""State that lives on a task, in containers: variables, and later queues, readers, tables."""
