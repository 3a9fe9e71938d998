"""One model per event type: the table from a type's name to the model of its data."""

from typing import Final

from worker.intake.fields import Part
from worker.intake.models_decisions import DecisionApproved, DecisionRecorded, DecisionRequested, SplitApproved
from worker.intake.models_lines import (
    BackorderClosed,
    BackorderOpened,
    LineCancelled,
    LineChanged,
    ProductionChanged,
    ReviewRecorded,
    ShipmentSent,
    StockAllocated,
    StockCleared,
    StockReceived,
)
from worker.intake.models_people import BuyerPreferred, BuyerTold, ContactChanged, OwnerAssigned, OwnerAway
from worker.intake.models_sellers import (
    ClosureReviewed,
    ListingObserved,
    PolicyChosen,
    SellerConfigured,
    SellerPaused,
    SellerResumed,
)

MODELS: Final[dict[str, type[Part]]] = {
    "seller.configured": SellerConfigured,
    "backorder.opened": BackorderOpened,
    "line.changed": LineChanged,
    "stock.received": StockReceived,
    "stock.allocated": StockAllocated,
    "stock.cleared": StockCleared,
    "production.changed": ProductionChanged,
    "review.recorded": ReviewRecorded,
    "decision.requested": DecisionRequested,
    "decision.recorded": DecisionRecorded,
    "decision.approved": DecisionApproved,
    "split.approved": SplitApproved,
    "shipment.sent": ShipmentSent,
    "line.cancelled": LineCancelled,
    "owner.assigned": OwnerAssigned,
    "owner.away": OwnerAway,
    "contact.changed": ContactChanged,
    "buyer.preferred": BuyerPreferred,
    "buyer.told": BuyerTold,
    "backorder.closed": BackorderClosed,
    "closure.reviewed": ClosureReviewed,
    "listing.observed": ListingObserved,
    "policy.chosen": PolicyChosen,
    "seller.paused": SellerPaused,
    "seller.resumed": SellerResumed,
}
"""Every type, in the order of the documentation."""
