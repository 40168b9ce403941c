"""The usage log: one row, which is also the receipt, for each admitted inference."""
