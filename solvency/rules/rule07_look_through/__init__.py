"""Rule 7: market and credit risk of products by what lies under them."""
