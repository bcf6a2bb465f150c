"""How fast, how small and how far: measured in ratios, against the budgets that the service keeps."""
