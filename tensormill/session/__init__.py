"""Sessions: `run(fetches, feed_dict)` as steps of a master, and values as the caller wants them."""
