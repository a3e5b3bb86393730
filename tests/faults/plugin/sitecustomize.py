"""Imported by Python at the start of every process of the fleet; never part of what is shipped.

`FAULTS_CONTROLS` is the folder with the files that say what fails, and `FAULTS_MUTANT` is what is
switched off, to prove that the checker finds it.
"""

from __future__ import annotations

import os

import failing
import mutants
from hooks import install

if folder := os.environ.get("FAULTS_CONTROLS"):
    failing.watch(folder)
if mutant := os.environ.get("FAULTS_MUTANT"):
    mutants.MUTANTS[mutant]()
install()
