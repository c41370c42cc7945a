"""Past one machine: the shards of an index, built and asked by Ray."""
