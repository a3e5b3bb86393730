"""The fault suite: the shop under load, broken at random, and an exact checker afterwards."""
