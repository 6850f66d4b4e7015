import path from "node:path";
import type { NextConfig } from "next";

const config: NextConfig = {
  output: "standalone",
  outputFileTracingRoot: path.resolve("."),
  turbopack: { root: path.resolve(".") },
  reactStrictMode: true,
  poweredByHeader: false,
  productionBrowserSourceMaps: false,
  // sharp is half of the image, and an optimiser that fetches URLs is one more thing to hold shut.
  images: { unoptimized: true },
  outputFileTracingExcludes: { "*": ["node_modules/@img/**", "node_modules/sharp/**"] },
  serverExternalPackages: ["undici"],
  // `npm run verify` checks the types of the whole repository; checking them again here would make every start wait. A build
  // writes what it misses into the file named here, so that file is its own and complete.
  typescript: { ignoreBuildErrors: true, tsconfigPath: "app/tsconfig.json" },
  devIndicators: false,
};

export default config;
