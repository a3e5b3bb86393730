"""Generated tests: examples found by executing the spec, and test cases for them."""
