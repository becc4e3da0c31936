"""Rule 20: Lloyd's China by department and company level, and the weighted ratios of the whole."""
