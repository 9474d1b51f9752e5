"""The server's decisions as plain functions, so that a mutant can replace one."""
