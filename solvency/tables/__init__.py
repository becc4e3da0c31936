"""What an insurer reports: table specifications (YAML), reading of values, validation."""
