"""Hostile input at random: mutated specs, and projects whose `.meshgen` was tampered with.

Every attempt runs a command of meshgen in a process of its own, with little processor time and
memory. It may print errors; it must not crash, hang, or write outside of its folder. An attempt is
determined by its seed.
"""
