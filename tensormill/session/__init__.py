"""Sessions.

What turns `run(fetches, feed_dict)` into steps of a master, and values into the caller's structure.
"""
