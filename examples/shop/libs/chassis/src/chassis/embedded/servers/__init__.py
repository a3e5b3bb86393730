"""The servers of engines that are installed on this machine, and started by `make up ENGINES=real`.

Each engine has a package, whose module `server` has the class `LocalServer`. A project has those
of the engines that its spec names.
"""
