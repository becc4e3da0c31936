"""Rule 4: insurance risk of non-life business; what rule 6 takes from it for reinsurers."""
