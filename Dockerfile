# The map, then wheel and locked dependencies, are built in stages of their own; the last only runs
# them, as nobody special.
FROM node:22-bookworm-slim AS map
WORKDIR /src
COPY web ./web
RUN cd web && npm ci --no-audit --no-fund && npm run build

FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/cablewatch
ENV PATH=/opt/cablewatch/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock ./
RUN pip install --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE LICENSE-DATA ./
COPY data ./data
COPY cablewatch ./cablewatch
COPY --from=map /src/cablewatch/service/assets/map ./cablewatch/service/assets/map
RUN pip install --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin cablewatch \
    && install -d -o cablewatch -g cablewatch /data /cache
COPY --from=build /opt/cablewatch /opt/cablewatch
ENV PATH=/opt/cablewatch/bin:$PATH \
    CABLEWATCH_CACHE_DIR=/cache \
    CABLEWATCH_HOST=0.0.0.0 \
    CABLEWATCH_LOG_FORMAT=json \
    CABLEWATCH_LOG_LEVEL=info \
    CABLEWATCH_STORE=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TMPDIR=/cache
WORKDIR /data
USER 10001
# The store, and the compiled kernels and what is too large to sort in memory: with both mounted,
# the rest may be read-only.
VOLUME ["/data", "/cache"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["cablewatch"]
# It asks for a key: docker run --rm -v STORE:/data cablewatch keys create NAME --scope read
CMD ["serve"]
