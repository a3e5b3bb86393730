"""The generated tests: examples found by carrying out the spec, and test cases made of them."""
