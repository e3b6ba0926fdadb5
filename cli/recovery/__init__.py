"""What is not yet delivered in a deployed environment: dead letters, and groups that wait or fail."""
