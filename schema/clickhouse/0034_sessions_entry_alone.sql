-- A default that names none of the nine columns, or they could not be changed. Without any, this statement could not be
-- run twice.
ALTER TABLE sessions MODIFY COLUMN entry SimpleAggregateFunction(min, Tuple(
    ts DateTime64(3, 'UTC'), page_id UInt64, n UInt32, device String, browser String, os String, country String,
    channel String, source String, medium String, campaign String, path String
)) DEFAULT (started_at, 0, 0, '', '', '', '', '', '', '', '', '')
