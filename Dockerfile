FROM python:3.13-slim
WORKDIR /app
COPY requirements/runtime.txt requirements/runtime.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e . && useradd --system --home /app backorder
USER backorder
CMD ["celery", "-A", "worker.app", "worker", "--queues=events,plan,mail,owner"]
