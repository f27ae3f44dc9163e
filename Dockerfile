# Footpath in one image: collector, loader, and the ClickHouse that the program brings along.
#
#   docker build -t footpath .
#   docker run --init -p 127.0.0.1:8400:8400 -p 127.0.0.1:8401:8401 -v footpath:/var/lib/footpath footpath
#
# Checked with hadolint, and its commands one by one outside an image; not built or run by a Docker engine so far.

FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml hatch_build.py README.md CHANGELOG.md LICENSE ./
COPY collector collector
COPY schema schema
COPY sdk_js/dist sdk_js/dist
COPY demo demo
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/footpath --shell /usr/sbin/nologin footpath \
    && install -d -o footpath -g footpath -m 0750 /var/lib/footpath /var/lib/footpath/data /var/lib/footpath/config
# The wheels are only mounted, so that no layer of the image holds them a second time.
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links=/wheels /wheels/footpath-*.whl

ENV FOOTPATH_HOST=0.0.0.0 \
    FOOTPATH_PORT=8400 \
    FOOTPATH_DATA_DIR=/var/lib/footpath/data \
    FOOTPATH_CONFIG_DIR=/var/lib/footpath/config \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

USER 10001
WORKDIR /var/lib/footpath
VOLUME ["/var/lib/footpath"]
EXPOSE 8400 8401
# /healthz, not /readyz: a full disk makes the collector unready, and a restart would not help.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; line = http.client.HTTPConnection('127.0.0.1', int(os.environ['FOOTPATH_PORT']), timeout=4); line.request('GET', '/healthz'); sys.exit(line.getresponse().status != 200)"]
ENTRYPOINT ["footpath"]
CMD ["serve"]
