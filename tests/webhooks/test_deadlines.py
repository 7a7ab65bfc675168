from datetime import timedelta

from emulator.webhooks.deadlines import Deadlines
from emulator.webhooks.deliveries import Delivery
from tests.webhooks.making import START, at, request


def deliveries(count: int) -> list[Delivery]:
    return [Delivery(f"c1-d{n}", request(), START, True, None, None) for n in range(1, count + 1)]


def test_deadlines_come_in_order_and_equal_ones_as_they_were_set() -> None:
    first, second, third = deliveries(3)
    deadlines = Deadlines()
    for delivery, when in ((first, 2), (second, 1), (third, 1)):
        deadlines.set(delivery, at(when))

    due = [deadlines.pop(at(2)) for _ in range(4)]

    assert due == [(at(1), second), (at(1), third), (at(2), first), None]


def test_a_deadline_is_not_due_before_its_instant() -> None:
    [delivery] = deliveries(1)
    deadlines = Deadlines()
    deadlines.set(delivery, at(1))

    assert deadlines.pop(at(1) - timedelta(microseconds=1)) is None
    assert deadlines.next() == at(1)


def test_a_cancelled_deadline_never_comes_and_can_be_cancelled_again() -> None:
    first, second = deliveries(2)
    deadlines = Deadlines()
    deadlines.set(first, at(1))
    deadlines.set(second, at(2))

    deadlines.cancel(first)
    deadlines.cancel(first)

    assert (deadlines.next(), len(deadlines)) == (at(2), 1)


def test_a_deadline_set_anew_stands_at_its_new_instant_alone() -> None:
    [delivery] = deliveries(1)
    deadlines = Deadlines()
    deadlines.set(delivery, at(1))
    deadlines.cancel(delivery)

    deadlines.set(delivery, at(5))

    assert [deadlines.pop(at(9)), deadlines.pop(at(9))] == [(at(5), delivery), None]


def test_cancelled_deadlines_leave_the_heap_before_they_are_the_majority_of_many() -> None:
    many = deliveries(1000)
    deadlines = Deadlines()
    for number, delivery in enumerate(many):
        deadlines.set(delivery, at(number))

    for delivery in many[:900]:
        deadlines.cancel(delivery)

    assert len(deadlines) == 100
    assert len(deadlines._heap) < 250
    assert [deadlines.pop(at(5000)) for _ in range(101)] == [(at(n), many[n]) for n in range(900, 1000)] + [None]
