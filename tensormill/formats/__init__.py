"""Bytes on disk: checkpoint bundles, record files, event files; knows no graph."""
