"""askbrief beside what people would pick instead: the same articles, questions and weights for all."""
