# One process that serves the index in /data. It writes nowhere else: run it with a read-only root.
#
#   docker build -t graphrag-drift .
#   docker run --rm --read-only -v "$PWD/news:/data" --user "$(id -u):$(id -g)" graphrag-drift index
#   docker run --read-only -v "$PWD/news:/data" --user "$(id -u):$(id -g)" \
#     -e GRAPHRAG_DRIFT_TOKEN -p 127.0.0.1:8765:8765 graphrag-drift

FROM python:3.12-slim AS build
COPY . /source
RUN python -m venv /opt/graphrag-drift \
 && /opt/graphrag-drift/bin/pip install --no-cache-dir "/source[docs,ko,lance,mcp,serve,tokens,zh]"

FROM python:3.12-slim
COPY --from=build /opt/graphrag-drift /opt/graphrag-drift
RUN useradd --uid 10001 --home-dir /data --no-create-home reader \
 && install --directory --owner=10001 --group=10001 /data
ENV PATH=/opt/graphrag-drift/bin:/usr/bin:/bin HOME=/data PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8765
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8765/healthz', timeout=3)"]
ENTRYPOINT ["graphrag-drift"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8765"]
