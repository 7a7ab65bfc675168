"""What the wire formats of several vendors have in common: paths, bodies, URLs, instants, credentials."""
