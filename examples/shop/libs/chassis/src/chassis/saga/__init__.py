"""Sagas: process managers that complete several commands, or compensate for them.

A saga replaces one transaction over several services by a sequence of local ones (Garcia-Molina and
Salem, "Sagas", 1987). Its steps are of three kinds (Richardson, "Microservices Patterns", ch. 4):

- Compensatable: has an `undo`, or nothing to undo.
- The pivot: the first step without `undo` after which no step has `undo` or `failed`. Until it is
  done, any failure turns the saga back, and what is done is compensated. Once it is done, nothing
  is compensated any more.
- Retriable: every step after the pivot. It has to succeed, so a refused command is sent again.

The saga turns back when a command fails or is refused, or at its deadline. While the pivot is on
its way, the deadline waits: only the answer tells whether there is still a way back.

Steps are compensated in reverse order, one after the other; the commands of one step at once. Every
answer is awaited, also the late ones of commands that were on their way. The command `on_failure`
comes last. A refused compensation is sent again, after 1 s, 2 s, 4 s, ...; after ten attempts the
instance is stuck until somebody resumes it.

A command for which there is nothing to do any more has no event. Its service answers it with
`CommandHandled`, which reports success whatever `done` and `undone` declare.

Each starting event starts an instance of its own, also while another one runs for the same key.
"""

from chassis.saga.declaration import FanOut, OnFailure, Saga, Step
from chassis.service import Start

__all__ = ["FanOut", "OnFailure", "Saga", "Start", "Step"]
