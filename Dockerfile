# syntax=docker/dockerfile:1
#
# docker build -t cacheside .
#
# Three stages: what is compiled, what it needs at run time, and the image, which has Node and nothing to log in with.
# Tags, not digests: each build takes the security updates of its base. Who needs the same bytes again pins the two by
# digest (docker buildx imagetools inspect TAG); all else is pinned by package-lock.json.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Nothing needs an install script: every binary ships inside its package.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig*.json ./
COPY src ./src
RUN npm run build && find dist -name '*.d.ts' -delete
COPY bin ./bin
# The image has no env to look node up with.
RUN sed '1s|.*|#!/nodejs/bin/node|' bin/cacheside > cacheside && chmod 755 cacheside

FROM node:24-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# What no process reads: types, source maps, documents but for licences, tests, and what is built for require or browsers.
RUN find node_modules -type f ! -iname 'licen[cs]e*' ! -iname 'notice*' \
      \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' -o -name '*.md' -o -name '*.yml' \) -delete && \
    find node_modules -depth -type d \( -name test -o -name tests -o -name __tests__ -o -name docs -o -name benchmarks \
      -o -name example -o -name examples -o -name .github \) -exec rm -r '{}' ';' && \
    find node_modules/zod -name '*.cjs' -delete && \
    rm -r node_modules/yaml/browser node_modules/lru-cache/dist/commonjs && \
    find node_modules -type d -empty -delete

FROM gcr.io/distroless/nodejs24-debian13:nonroot
LABEL org.opencontainers.image.title="Cacheside" \
      org.opencontainers.image.description="A caching reverse proxy beside one HTTP service" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"
# The two of malloc are what bin/cacheside would otherwise start itself anew for: they keep memory small.
ENV NODE_ENV=production \
    PATH=/app/bin:/nodejs/bin \
    MALLOC_ARENA_MAX=1 \
    MALLOC_MMAP_THRESHOLD_=131072 \
    CACHESIDE_LISTEN=:8080
WORKDIR /app
COPY --from=modules /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/cacheside ./bin/cacheside
COPY package.json LICENSE ./
# By number, so that Kubernetes can tell that it is not root. Nothing is ever written: the root may be read-only.
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
# Finds the admin port by what the container was started with, and does without one that is off.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["cacheside", "health"]
ENTRYPOINT ["node", "--max-semi-space-size=4", "/app/bin/cacheside"]
