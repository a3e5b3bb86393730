"""Jobs: programs on other engines which write the rows that a unit serves."""
