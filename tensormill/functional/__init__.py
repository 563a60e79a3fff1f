"""Functions that call a function for each row of tensors: maps, scans and folds."""
