"""The flag: which calls a coach should look at, how sure, and why."""
