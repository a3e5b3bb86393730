"""Operating a system: dead letters, read models, outboxes, events, sagas and states.

`python -m chassis.ops` works on the stores and the event hub of a system, whether its processes run
or not. What it asks for, e.g. a rebuild, is written into the store of a unit, and the processes of
the unit do it.
"""
