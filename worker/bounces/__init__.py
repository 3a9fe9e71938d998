"""Reading what comes back: a mail of any shape into a report of bounded size."""
