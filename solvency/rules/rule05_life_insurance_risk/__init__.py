"""Rule 5: insurance risk of life business by scenarios; for life reinsurance rule 6, chapter 3."""
