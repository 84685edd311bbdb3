"""Recordings that are sent whole: received within bounds, heard in a process of their own, answered as a report.

`body` bounds what comes, `receive` makes an open file of it that has no name, `answer` hands that to `workers`,
the server's side of the processes that run `worker`.
"""
