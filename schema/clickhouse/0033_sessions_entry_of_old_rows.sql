-- `migrate` lets inserts end first that began before there was an `entry`, so that no part lacks it after this.
ALTER TABLE sessions MATERIALIZE COLUMN entry SETTINGS mutations_sync = 2
