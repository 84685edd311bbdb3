"""A folder of calls: found, done side by side in processes, resumed, and listed in an index."""
