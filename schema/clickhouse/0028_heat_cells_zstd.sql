-- As for events: 0.8 to 0.3 bytes an event.
ALTER TABLE heat_cells MODIFY SETTING default_compression_codec = 'ZSTD(1)'
