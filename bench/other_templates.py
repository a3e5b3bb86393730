"""meshgen as if every template had been changed: the first line of every file says more."""

from __future__ import annotations

from meshgen.cli.app import main
from meshgen.render import rendering

if __name__ == "__main__":
    rendering._SAYS = {owner: says + ", please" for owner, says in rendering._SAYS.items()}
    main()
