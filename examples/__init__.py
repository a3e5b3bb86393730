"""Generated projects, checked in, with a few hand-written lines in them."""
