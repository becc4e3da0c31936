"""Rule 4: insurance risk of non-life business."""
