"""Excel in and out: templates, reading, checking, disclosure."""
