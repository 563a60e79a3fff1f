"""Clusters of processes on this machine: `tensormill launch` and `LocalCluster`.

`job` decides what happens to the tasks of a job, `launcher` does it, `view` shows it. `lifeline`
ends a process whose launcher is gone.
"""
