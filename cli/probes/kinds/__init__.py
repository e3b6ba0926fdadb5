"""How channels are tried: a file `<kind>.py` with a function `probe`. Of a kind without one the host is tried."""
