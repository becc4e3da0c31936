"""Rule 9: credit risk from positions."""
