"""Rule 3: liabilities of life insurance contracts: assumptions, present values, TVOG, risk margin, form L01."""
