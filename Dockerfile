# A telephone company in a box. Every option of `ringback serve` is a variable: RINGBACK_PORT, RINGBACK_CLOCK, RINGBACK_TOKEN, ...
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY emulator emulator
COPY contracts contracts
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

FROM python:3.13-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels ringback \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin ringback
USER 10001:10001
WORKDIR /tmp
ENV RINGBACK_HOST=0.0.0.0 \
    RINGBACK_PORT=5550 \
    PYTHONUNBUFFERED=1
EXPOSE 5550
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:%s/readyz' % os.environ['RINGBACK_PORT'], timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["ringback"]
CMD ["serve"]
