"""Models: found on this machine, compiled once, run by onnxruntime."""
