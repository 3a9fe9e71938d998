"""The web: events in over HTTP, pages for owners, buyers and operators."""
