"""The formulas of the rules: array kernels under thin functions of (DataFrame, Rulebook)."""
