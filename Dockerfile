FROM python:3.13-slim AS compiled
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements/dev.txt requirements/dev.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/dev.txt
COPY . .
RUN python tools/compile.py

FROM python:3.13-slim
WORKDIR /app
COPY requirements/runtime.txt requirements/runtime.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY --from=compiled /app .
RUN rm -rf .local && pip install --no-cache-dir --no-deps --no-build-isolation --config-settings editable_mode=compat -e . && useradd --system --home /app backorder
USER backorder
CMD ["celery", "-A", "worker.app", "worker", "--queues=events,plan,mail,owner"]
