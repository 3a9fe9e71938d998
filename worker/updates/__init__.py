"""What an update says, may say, and how a send ends: pure, no input or output."""
