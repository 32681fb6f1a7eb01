// Built into the package; the service answers `/` with index.html and has the rest below /assets.
import { defineConfig, type Plugin } from "vite";

const PLACE = "assets/map/";

// The page is served one folder above its files, by whatever address: what it names is relative.
function placed(): Plugin {
  return {
    name: "placed",
    transformIndexHtml: {
      order: "post",
      handler: (html) => html.replaceAll('="./', `="${PLACE}`).replaceAll(" crossorigin", ""),
    },
  };
}

export default defineConfig({
  base: "./",
  publicDir: "public",
  plugins: [placed()],
  build: {
    outDir: "../cablewatch/service/assets/map",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: false,
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      output: {
        entryFileNames: "main.js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
  test: { include: ["tests/*.test.{ts,mjs}"], isolate: false },
} as Parameters<typeof defineConfig>[0]);
