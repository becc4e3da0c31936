"""Rule 6: insurance risk of reinsurers, where it differs from rule 4."""
