"""From the office to the field and back: what is worth a visit, and what inspectors found there."""
