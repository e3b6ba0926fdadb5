"""What `check --live` tries of the outside: every service that the configuration names, without notifying anybody."""
