/** Makes the console's script and stylesheet; part of `npm run build`. Runs compiled, from dist/server/console. */

import { fileURLToPath } from "node:url";
import { bundleAssets } from "./bundle.ts";

const source = fileURLToPath(new URL("../../../server/console/browser", import.meta.url));
const { compressedBytes } = await bundleAssets(source);
process.stdout.write(
  `console: script ${compressedBytes.script} bytes, stylesheet ${compressedBytes.stylesheet} bytes, compressed\n`,
);
