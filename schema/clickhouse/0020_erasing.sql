-- Visitors whose erasure runs. Statements name this table instead of ids, so that none stays behind in the query log
-- or in the list of mutations; in memory only, so that none stays on a disk.
CREATE TABLE erasing (run String, site_id UInt32, visitor_id UInt64) ENGINE = Memory
