"""Tables that are shipped with the package."""
