"""What the bundle costs, measured from outside on the running functions, beside the budgets they are built to."""
