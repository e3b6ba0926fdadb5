"""`alertrelay discover`: from what an account or a template has to the lists of an environment file."""
