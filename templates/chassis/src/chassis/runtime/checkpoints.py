"""Checkpoints: how far a group has read each partition of a topic."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from chassis.hub.port import Hub
from chassis.service import Start
from chassis.store.port import Collection, Commit, Put, Query, Store, Stored, equal

CHECKPOINTS = Collection(name="chassis_checkpoints", fields=(("group", Kind.PLAIN), ("topic", Kind.PLAIN)))
