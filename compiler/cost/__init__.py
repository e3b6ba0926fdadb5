"""Says before a deploy what an environment costs a month: prices, what an alert takes, and the lines of the bill."""
