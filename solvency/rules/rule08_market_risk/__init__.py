"""Rule 8: market risk from positions."""
