"""Changes of a spec in place: from text to text, every other line stays as it is."""
