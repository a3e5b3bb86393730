"""`python -m meshgen` is `meshgen`."""

from meshgen.cli import main

main()
