"""What comes in: validated, identified, refused with reasons a person can act on."""
