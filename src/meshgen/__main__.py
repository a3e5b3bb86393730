"""`python -m meshgen` is `meshgen`."""

from meshgen.cli.app import main

main()
