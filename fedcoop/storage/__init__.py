"""Everything that touches a database: tables, repositories, units of work, the queues' rows."""
