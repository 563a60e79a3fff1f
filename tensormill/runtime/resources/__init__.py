"""State that lives on a task, in containers: variables, queues, readers, tables and the like."""
