"""What an integrator may say about decisions: asked for, made, approved."""

from typing import Annotated, Literal

from pydantic import Field

from worker.intake.fields import Code, DayOrMoment, SomeUnits
from worker.intake.parts import Approver, ChoiceCode, Decider, OfOrder


class DecisionRequested(OfOrder):
    """The buyer is asked to decide."""

    line: Code | None = None
    """One line of the order; left out, all."""
    choices: Annotated[list[ChoiceCode], Field(min_length=1, max_length=5)]
    """What the buyer may choose."""
    decide_by: DayOrMoment | None = None
    """By when; left out, by the next checkpoint."""


class Chosen(OfOrder):
    """What was chosen."""

    line: Code | None = None
    """One line of the order; left out, all."""
    choice: ChoiceCode
    """The choice."""
    units: SomeUnits | None = None
    """For a split the units to ship now, for an adjustment the new ordered total."""
    sku: Code | None = None
    """Item number of the substitute."""


class DecisionRecorded(Chosen):
    """Somebody decided; a buyer's decision is a request until it is approved."""

    by: Decider
    """Who decided."""


class DecisionApproved(Chosen):
    """The seller approved a decision."""

    by: Approver
    """Who approved."""


class SplitApproved(OfOrder):
    """The seller approved a split shipment."""

    line: Code | None = None
    """One line of the order; left out, all."""
    choice: Literal["split"] | None = None
    """May be said, and is always split."""
    units: SomeUnits
    """The units to ship now."""
    by: Approver
    """Who approved."""
