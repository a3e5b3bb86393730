"""Reports of what happened, for people and for programs. The only package that prints."""
