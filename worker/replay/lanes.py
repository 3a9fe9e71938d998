"""What of a feed touches what: orders that share a contact, or name each other, go in one lane; lanes never meet."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Final

from schedules.commands import COMMANDS
from schedules.events import Event, EventType
from worker.intake.reading import Incoming
from worker.storage.codec import encode
from worker.storage.orders import address_key

REACHES_BEYOND: Final = COMMANDS | {
    EventType.SELLER_CONFIGURED,
    EventType.SELLER_PAUSED,
    EventType.SELLER_RESUMED,
    EventType.POLICY_CHOSEN,
    EventType.LISTING_OBSERVED,
    EventType.CLOSURE_REVIEWED,
    EventType.OWNER_AWAY,
    EventType.CONTACT_CHANGED,
    EventType.BUYER_PREFERRED,
    EventType.BUYER_TOLD,
}
"""Taken alone at their moment: they are about a seller or an item as a whole, about people, or are judged or told."""

Node = tuple[Hashable, ...]


class Lanes:
    """The lanes of a feed, known beforehand from everything that its events name."""

    def __init__(self, incoming: Iterable[Incoming]) -> None:
        self._above: dict[Node, Node] = {}
        arrivals = list(incoming)
        for one in arrivals:
            self._join(_named_by(one))
        seen = Counter((one.event.source, one.event.id) for one in arrivals)
        for one in arrivals:
            if seen[one.event.source, one.event.id] > 1:
                self._join([("id", one.event.source, one.event.id), *_named_by(one)])

    def of_order(self, seller: str, order: str) -> Node:
        """Give the lane of an order."""
        return self._find(("order", seller, order))

    def of_contact(self, seller: str, address: str) -> Node:
        """Give the lane of a contact by its address key."""
        return self._find(("contact", seller, address))

    def _join(self, nodes: Sequence[Node]) -> None:
        for node in nodes[1:]:
            one, other = self._find(nodes[0]), self._find(node)
            if one != other:
                self._above[other] = one

    def _find(self, node: Node) -> Node:
        while (above := self._above.get(node, node)) != node:
            self._above[node] = self._above.get(above, above)
            node = above
        return node


def in_one_lane(one: Incoming) -> bool:
    """Tell whether an event touches one lane only."""
    return one.order is not None and one.event.type not in REACHES_BEYOND


def orders_of(one: Incoming) -> Iterator[tuple[str, str]]:
    """Give the orders that an event of a lane touches, with their seller."""
    if one.order is not None:
        yield one.seller, one.order
    replaced = one.event.data.get("replaces")
    if replaced:
        yield one.seller, replaced["order"]


def _named_by(one: Incoming) -> list[Node]:
    contacts = [("contact", one.seller, key) for key in _addresses(one.event, one.order or "")]
    return [*(("order", *order) for order in orders_of(one)), *contacts]


def _addresses(event: Event, order: str) -> list[str]:
    match event.type:
        case EventType.BACKORDER_OPENED:
            return [address_key(dict(event.data["buyer"].get("contact") or {}), order)]
        case EventType.CONTACT_CHANGED:
            return [str(event.data["from"]).casefold(), address_key(dict(encode(event.data["contact"])), order)]
        case _:
            return []
