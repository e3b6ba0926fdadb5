"""Functions of other makes, measured beside ours in the same run: each file is the code of one function."""
