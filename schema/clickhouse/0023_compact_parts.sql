-- What the loader inserts is one file instead of two for each of 137 columns, every one of which has to be fsynced;
-- merges make the large parts that reports read by column.
ALTER TABLE events MODIFY SETTING min_bytes_for_wide_part = 134217728
