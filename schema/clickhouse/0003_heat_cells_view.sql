CREATE MATERIALIZED VIEW heat_cells_view TO heat_cells AS
SELECT
    site_id, page_day, path, device,
    element_fixed AS fixed,
    toUInt8(least(99, greatest(0, if(element_fixed, intDiv(vx * 100, greatest(1, toInt32(viewport_width))), intDiv(x * 100, greatest(1, toInt32(document_width))))))) AS cell_x,
    toUInt32(intDiv(greatest(0, if(element_fixed, vy, y)), 16)) AS cell_y,
    count() AS clicks
FROM events
WHERE kind = 'click' AND bot_class = ''
GROUP BY site_id, page_day, path, device, fixed, cell_x, cell_y
