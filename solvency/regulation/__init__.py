"""What the regulator published, as dated data: documents, factors, readings, consequences."""
