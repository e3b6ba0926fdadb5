"""CloudWatch's evaluation of alarms, for tests and runs on this machine: moto keeps alarms and evaluates none."""
