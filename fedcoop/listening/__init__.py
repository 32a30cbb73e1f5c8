"""The listening socket: which connections are let in, how long they may take, how many files that needs."""
