"""From typed statements to subject, text, HTML and bytes."""
