"""Reactions to events: policies and sagas."""

from __future__ import annotations

from meshgen.spec.grammar import kinds, scopes
from meshgen.spec.grammar.names import CLASS
from meshgen.spec.grammar.shapes import (
    Choice,
    Construct,
    Duration,
    Example,
    FieldName,
    ItemOf,
    Key,
    ListOf,
    OneOf,
    Reference,
    assignments,
)
from meshgen.spec.grammar.values import renamed_from

ANY_EVENT = Reference((kinds.EVENT,))
ANY_COMMAND = Reference((kinds.COMMAND,))

STARTS = Choice(("beginning", "now"))
_NO_START = "`now` if it is added after its event, else `beginning`"

POLICY = Construct(
    name="policy",
    one="a policy",
    meaning=(
        "Choreography: when an event happens, send a command. Command fields with the name of an "
        "event field take its value."
    ),
    keys=(
        Key(name="on", shape=ANY_EVENT, meaning="The event that triggers it.", required=True),
        Key(
            name="each",
            shape=ItemOf(scopes.EVENTS),
            meaning="Send one command per item of a list of the event.",
            otherwise="one command",
        ),
        Key(name="do", shape=ANY_COMMAND, meaning="The command to send.", required=True),
        Key(
            name="with",
            shape=assignments(scopes.SENDING),
            meaning="The command's fields that are not filled from the event.",
        ),
        Key(
            name="after",
            shape=Duration(),
            meaning="The delay before sending it, in whole seconds.",
            otherwise="no delay",
        ),
        Key(
            name="from",
            shape=STARTS,
            meaning=(
                "The first event that it reacts to: the oldest one that the event hub has, or the "
                "next one after its first start. Without effect once it has started."
            ),
            otherwise=_NO_START,
        ),
    ),
    examples=(
        Example(
            """\
aggregates:
  Book:
    state: {title: string, price: decimal, sold: {type: int, default: 0}}
    events:
      BookSold: {quantity: int, sets: {sold: sold + quantity}}
    commands:
      SellBook: {input: {quantity: int}, emits: BookSold}
policies:
  - on: order.OrderPlaced
    each: line in lines
    do: SellBook
    with: {book_id: line.book_id, quantity: line.quantity}
    after: 30s
    from: beginning
""",
            at="services.catalog",
        ),
    ),
)
DISPATCH = Construct(
    name="dispatch",
    one="a command to send",
    meaning="A command that a saga sends. `Command` is short for `{do: Command}`.",
    keys=(
        Key(name="do", shape=ANY_COMMAND, meaning="The command.", required=True),
        Key(
            name="with",
            shape=assignments(scopes.SENDING),
            meaning="The command's fields that are not filled from the starting event.",
        ),
    ),
    examples=(
        Example(
            """\
steps:
  - do: payment.CapturePayment
    with: {amount: total}
    undo: {do: payment.RefundPayment, with: {order_id: order_id}}
  - {do: ConfirmOrder}
""",
            at="services.order.sagas.Checkout",
        ),
    ),
)
FAILURE = Construct(
    name="dispatch",
    one=DISPATCH.one,
    meaning=DISPATCH.meaning,
    keys=(
        DISPATCH.keys[0],
        Key(name="with", shape=assignments(scopes.FAILING), meaning=DISPATCH.keys[1].meaning),
    ),
)
STEP = Construct(
    name="step",
    one="a step",
    meaning=(
        "A command, and the events in reply to it. The saga waits for a reply and continues. If "
        "the reply means failure, it undoes the previous steps in reverse order.\n\n"
        'The steps are compensatable, pivot or retriable (Richardson, "Microservices Patterns"). '
        "The first step without `undo` after which no step has `undo` or `failed` is the pivot. "
        "Once it is done, nothing is undone any more: the steps after it have to succeed, and "
        "their commands are sent again when they are refused. A step without `undo` before the "
        "pivot has nothing to undo, e.g. because it only validates."
    ),
    keys=(
        Key(
            name="each",
            shape=ItemOf(scopes.EVENTS),
            meaning="Send one command per item of a list, all at once, and wait for all replies.",
            otherwise="one command",
        ),
        Key(name="do", shape=ANY_COMMAND, meaning="The command to send.", required=True),
        Key(
            name="with",
            shape=assignments(scopes.SENDING),
            meaning="The command's fields that are not filled from the starting event.",
        ),
        Key(
            name="done",
            shape=ListOf(ANY_EVENT, single=True),
            meaning="The events that mean success.",
            otherwise="the events of the command that are not in `failed`",
        ),
        Key(
            name="failed",
            shape=ListOf(ANY_EVENT, single=True),
            meaning="The events that mean failure.",
            otherwise="none; a refused command is a failure, too",
        ),
        Key(
            name="undo",
            shape=OneOf((ANY_COMMAND, DISPATCH)),
            meaning=(
                "The command that compensates this step when a later one fails. It is filled like "
                "`do`, with the same `with`. Every event that it causes means success; when it is "
                "refused, it is sent again."
            ),
            otherwise="nothing to undo",
        ),
    ),
    examples=(
        Example(
            """\
payment:
  aggregates:
    Payment:
      events:
        PaymentDeclined: {amount: decimal}
      commands:
        CapturePayment:
          input: {amount: decimal}
          creates:
            - {event: PaymentDeclined, when: amount > 1000}
            - {event: PaymentCaptured}
catalog:
  aggregates:
    Copy:
      id: copy_id
      state: {order_id: uuid, free: bool}
      events:
        CopyTaken: {order_id: uuid, sets: {free: false}}
        CopyGivenBack: {sets: {free: true}}
      commands:
        TakeCopy: {input: {order_id: uuid}, creates: CopyTaken}
        GiveCopyBack: {emits: CopyGivenBack}
order:
  sagas:
    Checkout:
      steps:
        - each: line in lines
          do: catalog.TakeCopy
          with: {copy_id: line.book_id}
          undo: catalog.GiveCopyBack
        - do: payment.CapturePayment
          with: {amount: total}
          done: payment.PaymentCaptured
          failed: [payment.PaymentDeclined]
          undo: payment.RefundPayment
        - {do: ConfirmOrder}
""",
            at="services",
        ),
    ),
)
SAGA = Construct(
    name="saga",
    one="a saga",
    meaning=(
        "Orchestration: a stateful process. An instance starts with an event and sends its "
        "commands step by step; failures are compensated. Every starting event starts an instance "
        "of its own, also while another one runs for the same id.\n\n"
        "Compensations are sent in reverse order, one step after the other, and their replies are "
        "awaited. A command that has to succeed (a compensation, or a step after the pivot) and is "
        "refused is sent again, after 1 s, 2 s, 4 s and so on. After ten attempts the instance is "
        "stuck, until somebody resumes it. Sagas were described by Garcia-Molina and Salem in 1987."
    ),
    keys=(
        renamed_from(CLASS),
        Key(
            name="of",
            shape=FieldName(),
            meaning=(
                "The `uuid` of the starting event that its instances are found by. It need not be "
                "unique: each event starts an instance of its own."
            ),
            required=True,
        ),
        Key(
            name="starts_on",
            shape=ANY_EVENT,
            meaning="The event that starts an instance.",
            required=True,
        ),
        Key(
            name="from",
            shape=STARTS,
            meaning="The first event that starts an instance; like `from` of a policy.",
            otherwise=_NO_START,
        ),
        Key(
            name="deadline",
            shape=Duration(),
            meaning=(
                "The time limit for the whole saga, in whole seconds. When it has passed, the saga "
                "fails with the reason `deadline passed` and compensates. While the pivot (see "
                "the steps) is on its way, the deadline waits for the reply: if it is done, the "
                "saga goes on, else it compensates. After the pivot, it only marks the instance as "
                "overdue."
            ),
            otherwise="no limit",
        ),
        Key(
            name="steps",
            shape=ListOf(STEP, least=1),
            meaning="The steps, in order.",
            required=True,
        ),
        Key(
            name="on_failure",
            shape=OneOf((ANY_COMMAND, FAILURE)),
            meaning=(
                "The command to send after everything is undone; it may use `failure`. The saga "
                "ends with the reply, even if the command is refused."
            ),
            otherwise="nothing more",
        ),
    ),
    examples=(
        Example(
            """\
Checkout:
  renamed_from: Purchase
  of: order_id
  starts_on: OrderPlaced
  from: now
  deadline: 15m
  steps:
    - {do: payment.CapturePayment, with: {amount: total}, undo: payment.RefundPayment}
    - {do: ConfirmOrder}
  on_failure: {do: CancelOrder, with: {reason: failure}}
""",
            at="services.order.sagas",
        ),
    ),
)
