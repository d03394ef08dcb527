"""How fast is nnlab? Side by side with what a reader would use instead; see README.md."""
