"""Development data, and what benchmarks and training both do with it; neither imports the other."""
