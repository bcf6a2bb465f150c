FROM python:3.13.14-slim-trixie AS build
WORKDIR /src
COPY requirements.txt .
RUN python -m venv --without-pip /opt/copydesk && \
    pip --python /opt/copydesk/bin/python install --no-cache-dir --no-deps \
        --only-binary :all: --require-hashes --requirement requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY config config
COPY crawler crawler
COPY workers workers
COPY dashboard dashboard
COPY cli cli
RUN pip --python /opt/copydesk/bin/python install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13.14-slim-trixie AS runtime
# A new volume takes over the owner of the folder that it is mounted on.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp copydesk && \
    install --directory --owner copydesk --group copydesk /var/lib/copydesk /run/copydesk /run/browser
COPY --from=build /opt/copydesk /opt/copydesk
ENV PATH=/opt/copydesk/bin:$PATH \
    COPYDESK_HOME=/var/lib/copydesk \
    COPYDESK_SOURCES=/etc/copydesk/sources.toml
WORKDIR /var/lib/copydesk

# For sources with render = true: the same, and Chromium.
FROM runtime AS browser
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install --yes --no-install-recommends chromium-headless-shell && \
    rm -rf /var/lib/apt/lists/*
USER 10001:10001
CMD ["python", "-m", "workers.run", "browser"]

FROM runtime
USER 10001:10001
CMD ["copydesk", "up"]
