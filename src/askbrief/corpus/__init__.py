"""The corpus: the files of a folder → documents and passages."""
