"""The command `bench`: its table, its page, what has changed since an earlier one."""
