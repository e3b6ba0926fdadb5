"""`alertrelay drill`: alerts of a drill through the real path, with a check of what became of them."""
