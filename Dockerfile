FROM node:22-bookworm-slim AS build
WORKDIR /novaflow
COPY . .
RUN npm ci --ignore-scripts && npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22-bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends qemu-system-x86 qemu-utils && rm -rf /var/lib/apt/lists/*
WORKDIR /novaflow
COPY --from=build /novaflow /novaflow
CMD ["node", "dist/programs/api.js"]
