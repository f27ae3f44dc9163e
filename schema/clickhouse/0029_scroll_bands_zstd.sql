-- As for events: 0.4 to 0.2 bytes an event.
ALTER TABLE scroll_bands MODIFY SETTING default_compression_codec = 'ZSTD(1)'
