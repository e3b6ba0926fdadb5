"""The benches of what a deployed function takes, in Lambda's own emulator."""
